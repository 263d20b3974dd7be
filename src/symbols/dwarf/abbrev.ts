// .debug_abbrev: the shapes of DIEs (DWARF 5, 7.5.3).

import type { DwarfSection } from './section';

export interface Abbrev {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Parallel arrays: attribute, form, and the value of DW_FORM_implicit_const. */
  readonly names: readonly number[];
  readonly forms: readonly number[];
  readonly implicit: readonly bigint[];
}

export type AbbrevTable = ReadonlyMap<number, Abbrev>;

const DW_FORM_implicit_const = 0x21;

export class AbbrevTables {
  private readonly tables = new Map<number, AbbrevTable>();

  constructor(private readonly section: DwarfSection) {}

  at(offset: number): AbbrevTable {
    let table = this.tables.get(offset);
    if (!table) {
      table = this.section.parse(`the abbreviations at 0x${offset.toString(16)}`, () => this.parse(offset));
      this.tables.set(offset, table);
    }
    return table;
  }

  private parse(offset: number): AbbrevTable {
    const table = new Map<number, Abbrev>();
    const cursor = this.section.cursor(offset);
    for (;;) {
      const code = cursor.uleb();
      if (code === 0) return table;
      const tag = cursor.uleb();
      const hasChildren = cursor.u8() !== 0;
      const names: number[] = [];
      const forms: number[] = [];
      const implicit: bigint[] = [];
      for (;;) {
        const name = cursor.uleb();
        const form = cursor.uleb();
        const value = form === DW_FORM_implicit_const ? cursor.slebBig() : 0n;
        if (name === 0 && form === 0) break;
        names.push(name);
        forms.push(form);
        implicit.push(value);
      }
      table.set(code, { tag, hasChildren, names, forms, implicit });
    }
  }
}
