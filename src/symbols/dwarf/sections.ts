// The debug sections of one file by name. Debug information may lie in a file apart from the program, and in sections with other names
// (.dwo, .zdebug_); in a DWARF package each unit has a part of each section.

import { UserError } from '../../base/user-error';
import type { ElfFile } from '../../formats/elf';
import { SHT_NOBITS } from '../../formats/elf-constants';
import { SymbolError } from '../symbol-error';
import { DwarfSection } from './section';
import { contentOf, JoinedContent } from './section-content';

export class DwarfSections {
  private readonly known = new Map<string, DwarfSection | undefined>();

  constructor(
    /** The program: what addresses are checked against, and where .eh_frame is. */
    readonly elf: ElfFile,
    /** Where .debug_… sections are. */
    private readonly debug: ElfFile = elf,
  ) {}

  get file(): string {
    return this.debug.name;
  }

  get(name: string): DwarfSection | undefined {
    if (!this.known.has(name)) this.known.set(name, this.find(name));
    return this.known.get(name);
  }

  /** A section that is used only if it can be. */
  optional(name: string): DwarfSection | undefined {
    try {
      return this.get(name);
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  /** A section that another one refers to: its absence is damage. */
  require(name: string, by: string): DwarfSection {
    const section = this.get(name);
    if (!section) throw SymbolError.malformed(this.file, by, `it refers to ${name}, which the file does not have`);
    return section;
  }

  /** Those of the file that holds what several programs share. */
  ofSupplement(supplement: ElfFile): DwarfSections {
    return new DwarfSections(this.elf, supplement);
  }

  protected find(name: string): DwarfSection | undefined {
    const elf = name.startsWith('.eh_frame') ? this.elf : this.debug;
    return sectionIn(elf, name, name.replace('.debug_', '.zdebug_'), this.elf);
  }
}

/** What stays in the program when debug information is split off (DWARF 5, 7.3.2.1). */
const KEPT: ReadonlySet<string> = new Set(['.debug_addr', '.debug_ranges', '.debug_line_str', '.debug_aranges']);

/** The sections of a .dwo file, or of one unit in a DWARF package. */
export class SplitSections extends DwarfSections {
  constructor(
    private readonly program: DwarfSections,
    private readonly split: ElfFile,
    /** Of a package: this unit's part of each section that is not shared, by the name without ".dwo". */
    private readonly contributions?: ReadonlyMap<string, { readonly offset: number; readonly size: number }>,
  ) {
    super(program.elf, split);
  }

  protected override find(name: string): DwarfSection | undefined {
    if (KEPT.has(name) || !name.startsWith('.debug_')) return this.program.get(name);
    const whole = sectionIn(this.split, `${name}.dwo`, `${name.replace('.debug_', '.zdebug_')}.dwo`, this.elf);
    if (!this.contributions || name === '.debug_str') return whole;
    const part = this.contributions.get(name);
    return part && whole?.slice(part.offset, part.size);
  }
}

/** Object files have one section of a name for each type unit; they are read one after the other. */
function sectionIn(elf: ElfFile, name: string, oldName: string, program: ElfFile): DwarfSection | undefined {
  const parts = elf.sections.filter(
    (section) => (section.name === name || section.name === oldName) && section.size > 0 && section.type !== SHT_NOBITS,
  );
  const [first] = parts;
  if (!first) return undefined;
  const contents = parts.map((part) => contentOf(elf, part));
  const content = contents.length === 1 ? contents[0]! : new JoinedContent(contents);
  return new DwarfSection(name, elf.name, program, first.address, content);
}
