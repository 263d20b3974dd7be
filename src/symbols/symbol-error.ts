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

  static compressed(file: string, section: string): SymbolError {
    const advice = `link with --compress-debug-sections=none or run objcopy --decompress-debug-sections ${file}`;
    return new SymbolError('dwarf-compressed', `${file}: not supported yet: compressed debug sections (${section}); ${advice}.`);
  }

  static split(file: string): SymbolError {
    return SymbolError.unsupported(file, 'split DWARF (.dwo files)', 'compile without -gsplit-dwarf');
  }

  static noDebugInfo(file: string): SymbolError {
    return new SymbolError('no-debug-info', `${file} has no debug information: compile with -g (and link without -s or strip).`);
  }
}
