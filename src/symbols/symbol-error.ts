// What can be wrong with debug information, each as one sentence that says what to do.

import { UserError } from '../base/user-error';

export class SymbolError extends UserError {
  override name = 'SymbolError';

  static truncated(file: string, section: string, what: string): SymbolError {
    return new SymbolError(
      'dwarf-truncated',
      `${file}: ${section} ends within ${what}; the debug information is cut short, build the file again.`,
    );
  }

  static malformed(file: string, section: string, what: string): SymbolError {
    return new SymbolError('dwarf-malformed', `${file}: ${section} is damaged: ${what}; build the file again.`);
  }

  static unsupported(file: string, what: string, advice: string): SymbolError {
    return new SymbolError('dwarf-unsupported', `${file}: not supported yet: ${what}; ${advice}.`);
  }

  /** Split DWARF whose .dwo file is not where it was; `tried` are the places looked at. */
  static missingSplit(file: string, name: string, tried: readonly string[]): SymbolError {
    return SymbolError.missing('dwarf-missing-dwo', file, `the split debug information ${name}`, tried);
  }

  static missingSupplement(file: string, name: string, tried: readonly string[]): SymbolError {
    return SymbolError.missing('dwarf-missing-supplement', file, `the shared debug information (dwz) ${name}`, tried);
  }

  static missingDebugFile(file: string, name: string, tried: readonly string[]): SymbolError {
    return SymbolError.missing('debug-file-missing', file, `its debug information, which was split off into ${name},`, tried);
  }

  private static missing(id: string, file: string, what: string, tried: readonly string[]): SymbolError {
    const places = tried.length > 0 ? ` (looked for ${tried.join(', ')})` : '';
    return new SymbolError(id, `${file}: ${what} was not found${places}: put it there or name its folder in "debugDirectories".`);
  }

  static noSection(file: string, section: string): SymbolError {
    return new SymbolError('no-section', `${file} has no section ${section}: "sections" names sections of this file.`);
  }

  static sectionsDisagree(file: string, section: string): SymbolError {
    return new SymbolError(
      'sections-disagree',
      `${file} is linked, and its sections keep their distances: the address of ${section} does not fit the others; give an "offset".`,
    );
  }

  static noDebugInfo(file: string): SymbolError {
    return new SymbolError('no-debug-info', `${file} has no debug information: compile with -g (and link without -s or strip).`);
  }
}
