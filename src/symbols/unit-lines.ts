// One unit's line table with resolved paths. The header alone is enough to know the files; rows are read when an address or line is asked for.

import { DW_AT } from './dwarf/attributes';
import type { LineHeader } from './dwarf/line-header';
import { readLineHeader, readLineTable } from './dwarf/line-program';
import type { LineTable } from './dwarf/line-table';
import { offsetOf } from './dwarf/ranges';
import { type DwarfSection, hasCodeAt } from './dwarf/section';
import type { DwarfSections } from './dwarf/sections';
import type { Unit } from './dwarf/unit';
import type { SourcePaths } from './source-paths';

export class UnitLines {
  private headerRead: LineHeader | undefined;
  private tableRead: LineTable | undefined;
  private readonly paths = new Map<number, string | undefined>();

  constructor(
    private readonly sections: DwarfSections,
    private readonly section: DwarfSection,
    private readonly offset: number,
    readonly unit: Unit,
    private readonly sourcePaths: SourcePaths,
  ) {}

  get header(): LineHeader {
    this.headerRead ??= this.tableRead?.header ?? readLineHeader(this.sections, this.section, this.offset, this.unit.addressSize);
    return this.headerRead;
  }

  get table(): LineTable {
    if (!this.tableRead) {
      const { elf } = this.sections;
      this.tableRead = readLineTable(this.sections, this.section, this.offset, this.unit.addressSize, ({ start }) => hasCodeAt(elf, start));
      this.headerRead = this.tableRead.header;
    }
    return this.tableRead;
  }

  path(fileIndex: number): string | undefined {
    if (!this.paths.has(fileIndex)) {
      const entry = this.header.files[fileIndex];
      // "<built-in>" and "<artificial>" are no files.
      const file = entry && /^<.*>$/.test(entry.name) ? undefined : entry;
      const compileDirectory = this.unit.compileDirectory || (this.header.directories[0] ?? '');
      this.paths.set(fileIndex, file && this.sourcePaths.resolve(compileDirectory, file));
    }
    return this.paths.get(fileIndex);
  }

  /** The files of a last name: one may be listed twice. */
  filesNamed(name: string): { readonly index: number; readonly path: string }[] {
    const { files } = this.header;
    const found: { index: number; path: string }[] = [];
    for (let index = 0; index < files.length; index++) {
      const file = files[index];
      if (!file?.name.toLowerCase().endsWith(name.toLowerCase())) continue;
      const path = this.path(index);
      if (path === undefined) continue;
      found.push({ index, path });
    }
    return found;
  }

  /** All of them. */
  allPaths(): string[] {
    return this.header.files.flatMap((_, index) => this.path(index) ?? []);
  }
}

/** The line tables of a file, one per unit that has one. */
export class LineTables {
  private readonly byUnit = new Map<Unit, UnitLines | undefined>();

  constructor(private readonly sourcePaths: SourcePaths) {}

  of(unit: Unit): UnitLines | undefined {
    if (!this.byUnit.has(unit)) this.byUnit.set(unit, this.open(unit));
    return this.byUnit.get(unit);
  }

  /** Every file a unit's table lists, without keeping the table. */
  pathsOf(unit: Unit): string[] {
    return (this.byUnit.get(unit) ?? this.open(unit))?.allPaths() ?? [];
  }

  private open(unit: Unit): UnitLines | undefined {
    // A split unit's line table stays with its skeleton.
    const holder = unit.skeleton ?? unit;
    const value = holder.root.attribute(DW_AT.stmt_list);
    const { sections } = holder.info;
    const section = value && sections.optional('.debug_line');
    return section && new UnitLines(sections, section, offsetOf(value), unit, this.sourcePaths);
  }
}
