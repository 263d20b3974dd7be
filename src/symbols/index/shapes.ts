// Abbreviations as columns of numbers (DWARF 5, 7.5.3), one table at a time: what a quick pass over a unit's DIEs needs and no more.

import { DW_AT } from '../dwarf/attributes';
import { DwarfCursor } from '../dwarf/cursor';
import { DW_FORM, type FormContext, skipForm } from '../dwarf/forms';
import type { DwarfSection } from '../dwarf/section';

/** The attributes a pass looks at, by column. */
export const SHAPE = {
  name: 0,
  sibling: 1,
  declaration: 2,
  code: 3,
  origin: 4,
  specification: 5,
  location: 6,
  value: 7,
  language: 8,
  lines: 9,
} as const;
const COLUMNS = 10;
const COLUMN_OF = columnTable([
  [DW_AT.name, SHAPE.name],
  [DW_AT.sibling, SHAPE.sibling],
  [DW_AT.declaration, SHAPE.declaration],
  [DW_AT.low_pc, SHAPE.code],
  [DW_AT.ranges, SHAPE.code],
  [DW_AT.abstract_origin, SHAPE.origin],
  [DW_AT.specification, SHAPE.specification],
  [DW_AT.location, SHAPE.location],
  [DW_AT.const_value, SHAPE.value],
  [DW_AT.language, SHAPE.language],
  [DW_AT.stmt_list, SHAPE.lines],
]);

/** By attribute, 1 more than its column; the attributes looked at are small numbers. */
function columnTable(rows: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(0x80);
  for (const [attribute, column] of rows) table[attribute] = column + 1;
  return table;
}

/** Place of an attribute in a DIE's attributes: 0 and up, else one of these. */
export const ABSENT = -1;
export const VARIES = -2;

/** Producers number abbreviations from 1 without gaps. */
const MAX_CODE = 0xffff;

export class Shapes {
  readonly tags = new Uint16Array(MAX_CODE + 1);
  readonly hasChildren = new Uint8Array(MAX_CODE + 1);
  /** Bytes of all attributes, or VARIES. */
  readonly sizes = new Int32Array(MAX_CODE + 1);
  /** [code * COLUMNS + column]: where the attribute is, and which of the DIE's attributes it is. */
  private readonly places = new Int32Array((MAX_CODE + 1) * COLUMNS);
  private readonly indexes = new Uint16Array((MAX_CODE + 1) * COLUMNS);
  /** Which table a code was read from: of an earlier one it means nothing. */
  private readonly tables = new Uint32Array(MAX_CODE + 1);
  private table = 0;
  private readonly lists: (readonly number[])[] = [];
  private loadedOffset = -1;
  private context: FormContext = { version: 5, dwarf64: false, addressSize: 8 };
  private cursor = new DwarfCursor(new Uint8Array(0));
  private fixed: Int32Array = new Int32Array(0);

  constructor(private readonly section: DwarfSection) {}

  place(code: number, column: number): number {
    return this.places[code * COLUMNS + column]!;
  }

  /** The form of an attribute; 0 where the DIE has none. */
  form(code: number, column: number): number {
    return this.place(code, column) === ABSENT ? 0 : (this.lists[code]![this.indexes[code * COLUMNS + column]!] ?? 0);
  }

  has(code: number): boolean {
    return code <= MAX_CODE && this.tables[code] === this.table;
  }

  /** Makes the table at an offset the current one. */
  use(offset: number, context: FormContext, bytes: Uint8Array): void {
    this.cursor = new DwarfCursor(bytes).using(context);
    const same = this.context;
    if (
      same.version !== context.version ||
      same.dwarf64 !== context.dwarf64 ||
      same.addressSize !== context.addressSize ||
      !this.fixed.length
    ) {
      this.fixed = fixedSizes(context);
      this.loadedOffset = -1;
    }
    this.context = context;
    if (offset === this.loadedOffset) return;
    this.section.parse(`the abbreviations at 0x${offset.toString(16)}`, () => this.parse(offset));
    this.loadedOffset = offset;
  }

  /** From a DIE's first attribute to behind its last. */
  skip(code: number, at: number): number {
    const size = this.sizes[code]!;
    if (size >= 0) return at + size;
    const { cursor, fixed, context } = this;
    for (const form of this.lists[code]!) {
      const known = fixed[form] ?? VARIES;
      if (known >= 0) at += known;
      else {
        cursor.offset = at;
        skipForm(cursor, form, context);
        at = cursor.offset;
      }
    }
    return at;
  }

  /** Where an attribute of a DIE is, its attributes starting at `at`; ABSENT where it has none. */
  find(code: number, column: number, at: number): number {
    const place = this.place(code, column);
    if (place >= 0) return at + place;
    if (place === ABSENT) return ABSENT;
    const { cursor, context } = this;
    cursor.offset = at;
    const forms = this.lists[code]!;
    const index = this.indexes[code * COLUMNS + column]!;
    for (let i = 0; i < index; i++) skipForm(cursor, forms[i]!, context);
    return cursor.offset;
  }

  private parse(offset: number): void {
    const bytes = this.section.bytes();
    const { fixed } = this;
    let at = offset;
    const uleb = (): number => {
      let byte = bytes[at++];
      if (byte === undefined) throw new RangeError(`it ends at ${bytes.length}`);
      if (byte < 0x80) return byte;
      let value = byte & 0x7f;
      for (let scale = 0x80; ; scale *= 0x80) {
        byte = bytes[at++];
        if (byte === undefined) throw new RangeError(`it ends at ${bytes.length}`);
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) return value;
      }
    };
    this.table++;
    for (;;) {
      const code = uleb();
      if (code === 0) return;
      if (code > MAX_CODE) throw new RangeError(`abbreviation ${code} is out of any producer's range`);
      this.tables[code] = this.table;
      this.tags[code] = uleb();
      this.hasChildren[code] = uleb();
      const row = code * COLUMNS;
      for (let i = 0; i < COLUMNS; i++) this.places[row + i] = ABSENT;
      const forms: number[] = [];
      let size = 0;
      for (;;) {
        const name = uleb();
        const form = uleb();
        if (form === DW_FORM.implicit_const) uleb();
        if (name === 0 && form === 0) break;
        const column = (COLUMN_OF[name] ?? 0) - 1;
        if (column >= 0) {
          this.places[row + column] = size;
          this.indexes[row + column] = forms.length;
        }
        const known = fixed[form] ?? VARIES;
        size = size >= 0 && known >= 0 ? size + known : VARIES;
        forms.push(form);
      }
      this.sizes[code] = size;
      this.lists[code] = forms;
    }
  }
}

/** Bytes of each form in a format, VARIES where they depend on the value. */
function fixedSizes(context: FormContext): Int32Array {
  const sizes = new Int32Array(0x30).fill(VARIES);
  const offset = context.dwarf64 ? 8 : 4;
  const set = (size: number, ...forms: readonly number[]): void => {
    for (const form of forms) sizes[form] = size;
  };
  set(0, DW_FORM.implicit_const, DW_FORM.flag_present);
  set(1, DW_FORM.data1, DW_FORM.ref1, DW_FORM.flag, DW_FORM.strx1, DW_FORM.addrx1);
  set(2, DW_FORM.data2, DW_FORM.ref2, DW_FORM.strx2, DW_FORM.addrx2);
  set(4, DW_FORM.data4, DW_FORM.ref4, DW_FORM.strx4, DW_FORM.addrx4);
  set(8, DW_FORM.data8, DW_FORM.ref8, DW_FORM.ref_sig8);
  set(16, DW_FORM.data16);
  set(offset, DW_FORM.strp, DW_FORM.line_strp, DW_FORM.sec_offset);
  if (context.version > 2) set(offset, DW_FORM.ref_addr);
  set(context.addressSize, DW_FORM.addr);
  return sizes;
}
