// DWARF package files (.dwp): which part of each section belongs to a unit (DWARF 5, 7.3.5; version 2 is GNU's, before DWARF 5).

import type { ElfFile } from '../../formats/elf';
import { DwarfCursor } from './cursor';
import type { DwarfSection } from './section';
import { DwarfSections, SplitSections } from './sections';

/** Table 7.1 of DWARF 5, and what GNU's version 2 numbers otherwise. */
const COLUMNS: Readonly<Record<number, readonly (string | undefined)[]>> = {
  2: [
    undefined,
    '.debug_info',
    '.debug_types',
    '.debug_abbrev',
    '.debug_line',
    '.debug_loc',
    '.debug_str_offsets',
    '.debug_macinfo',
    '.debug_macro',
  ],
  5: [
    undefined,
    '.debug_info',
    undefined,
    '.debug_abbrev',
    '.debug_line',
    '.debug_loclists',
    '.debug_str_offsets',
    '.debug_macro',
    '.debug_rnglists',
  ],
};

type Contributions = ReadonlyMap<string, { readonly offset: number; readonly size: number }>;

export class DwarfPackage {
  private readonly units: ReadonlyMap<bigint, Contributions>;
  private readonly types: ReadonlyMap<bigint, Contributions>;

  constructor(
    private readonly program: DwarfSections,
    private readonly elf: ElfFile,
  ) {
    const sections = new DwarfSections(program.elf, elf);
    this.units = readIndex(sections.get('.debug_cu_index'));
    this.types = readIndex(sections.get('.debug_tu_index'));
  }

  get signatures(): Iterable<bigint> {
    return this.types.keys();
  }

  unit(id: bigint): SplitSections | undefined {
    return this.part(this.units.get(id));
  }

  type(signature: bigint): SplitSections | undefined {
    return this.part(this.types.get(signature));
  }

  private part(contributions: Contributions | undefined): SplitSections | undefined {
    return contributions && new SplitSections(this.program, this.elf, contributions);
  }
}

/** By signature. The hash table's slots are simply read one after the other. */
function readIndex(section: DwarfSection | undefined): Map<bigint, Contributions> {
  const found = new Map<bigint, Contributions>();
  section?.parse('the index', () => {
    const cursor = new DwarfCursor(section.bytes());
    // Version 2 is a word, version 5 a half-word and padding: the same bytes.
    const version = cursor.u16();
    cursor.u16();
    const columns = COLUMNS[version];
    if (!columns) throw section.malformed(`an index of version ${version}`);
    const [columnCount, unitCount, slotCount] = [cursor.u32(), cursor.u32(), cursor.u32()];
    if (slotCount * 12 + columnCount * unitCount * 8 > section.size) throw new RangeError(`${slotCount} slots`);
    const signatures = Array.from({ length: slotCount }, () => cursor.u64());
    const rows = Array.from({ length: slotCount }, () => cursor.u32());
    const kinds = Array.from({ length: columnCount }, () => cursor.u32());
    const table = (): number[] => Array.from({ length: columnCount * unitCount }, () => cursor.u32());
    const offsets = table();
    const sizes = table();
    for (const [slot, row] of rows.entries()) {
      if (row === 0) continue;
      if (row > unitCount) throw new RangeError(`row ${row} of ${unitCount}`);
      const parts = new Map<string, { offset: number; size: number }>();
      for (const [column, kind] of kinds.entries()) {
        const at = (row - 1) * columnCount + column;
        const name = columns[kind];
        if (name !== undefined) parts.set(name, { offset: offsets[at]!, size: sizes[at]! });
      }
      found.set(signatures[slot]!, parts);
    }
  });
  return found;
}
