// Quick passes over a unit's DIEs: nothing is made of them but numbers, and what lies below is passed over where the producer wrote siblings.

import { DW_LANG_Mips_Assembler } from '../dwarf/attributes';
import { DwarfCursor } from '../dwarf/cursor';
import { DW_FORM } from '../dwarf/forms';
import type { DebugInfo } from '../dwarf/info';
import type { Unit } from '../dwarf/unit';
import { ABSENT, SHAPE, Shapes } from './shapes';

/** DW_LANG_C89, _C, _C99, _C11, _C17 and assembly: nothing is declared inside a type or a namespace. */
const FLAT_LANGUAGES: ReadonlySet<number> = new Set([0x01, 0x02, 0x0c, 0x1d, 0x2c, DW_LANG_Mips_Assembler]);

/** Of instances of instances. */
const MAX_CHAIN = 8;

/** Where a DIE's name is: in .debug_str, or in the unit itself. */
export type NamePlace = { readonly kind: 'stringOffset' | 'inline' | 'other'; readonly at: number };

export class UnitScan {
  private readonly shapes: Shapes;
  private bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private unit: Unit | undefined;

  constructor(private readonly info: DebugInfo) {
    this.shapes = new Shapes(info.sections.require('.debug_abbrev', '.debug_info'));
  }

  /** The unit that the other questions are about. `bytes`: from its header on. */
  open(unit: Unit, bytes: Uint8Array): void {
    this.unit = unit;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.shapes.use(unit.header.abbrevOffset, unit, bytes);
  }

  /** Opens a unit; whether its outer DIEs are all it names. What is damaged is the user's error. */
  opensFlat(unit: Unit, bytes: Uint8Array): boolean {
    return unit.parse('a DIE of the unit', () => {
      this.open(unit, bytes);
      return this.isFlat;
    });
  }

  /** Its outer DIEs are all it names. */
  private get isFlat(): boolean {
    const { code, next } = this.codeAt(this.opened.header.firstDie);
    const at = this.shapes.find(code, SHAPE.language, next);
    const form = this.shapes.form(code, SHAPE.language);
    if (at === ABSENT) return false;
    return FLAT_LANGUAGES.has(form === DW_FORM.data1 ? this.bytes[at]! : form === DW_FORM.data2 ? this.view.getUint16(at, true) : -1);
  }

  /** Of the unit's line table. */
  get lineOffset(): number | undefined {
    const { code, next } = this.codeAt(this.opened.header.firstDie);
    const at = this.shapes.find(code, SHAPE.lines, next);
    if (at === ABSENT) return undefined;
    const wide = this.shapes.form(code, SHAPE.lines) === DW_FORM.data8 || this.opened.dwarf64;
    return wide ? Number(this.view.getBigUint64(at, true)) : this.view.getUint32(at, true);
  }

  /** The children of the root: offset in the unit, abbreviation, where the attributes start. */
  outer(visit: (offset: number, code: number, attributes: number) => void): void {
    this.walk((offset, code, attributes) => {
      visit(offset, code, attributes);
      return false;
    });
  }

  /** Every DIE below the root. */
  descend(visit: (offset: number, code: number, attributes: number) => void): void {
    this.walk((offset, code, attributes) => {
      visit(offset, code, attributes);
      return true;
    });
  }

  tag(code: number): number {
    return this.shapes.tags[code]!;
  }

  has(code: number, column: number): boolean {
    return this.shapes.place(code, column) !== ABSENT;
  }

  isDeclaration(code: number, attributes: number): boolean {
    const at = this.shapes.find(code, SHAPE.declaration, attributes);
    return at !== ABSENT && (this.shapes.form(code, SHAPE.declaration) !== DW_FORM.flag || this.bytes[at] !== 0);
  }

  /** Where a DIE's own name is in .debug_str, as nearly all names are; -1 for others. */
  stringOffset(code: number, attributes: number): number {
    if (this.shapes.form(code, SHAPE.name) !== DW_FORM.strp || this.opened.dwarf64) return -1;
    return this.view.getUint32(this.shapes.find(code, SHAPE.name, attributes), true);
  }

  /** A DIE's own name, or that of the DIE it completes or is an instance of. */
  name(code: number, attributes: number, depth = 0): NamePlace | undefined {
    const at = this.shapes.find(code, SHAPE.name, attributes);
    if (at !== ABSENT) return this.namePlace(this.shapes.form(code, SHAPE.name), at);
    for (const column of [SHAPE.origin, SHAPE.specification]) {
      const target = this.reference(code, column, attributes);
      const local = target === undefined ? undefined : target - this.opened.offset;
      if (local === undefined || local < this.opened.header.firstDie || local >= this.bytes.length) continue;
      const { code: other, next } = this.codeAt(local);
      return depth < MAX_CHAIN ? this.name(other, next, depth + 1) : undefined;
    }
    return undefined;
  }

  /** What a reference leads to, in .debug_info. */
  reference(code: number, column: number, attributes: number): number | undefined {
    const at = this.shapes.find(code, column, attributes);
    if (at === ABSENT) return undefined;
    const { unit, view } = { unit: this.opened, view: this.view };
    switch (this.shapes.form(code, column)) {
      case DW_FORM.ref4:
        return unit.offset + view.getUint32(at, true);
      case DW_FORM.ref2:
        return unit.offset + view.getUint16(at, true);
      case DW_FORM.ref1:
        return unit.offset + this.bytes[at]!;
      case DW_FORM.ref8:
        return unit.offset + Number(view.getBigUint64(at, true));
      case DW_FORM.ref_udata:
        return unit.offset + new DwarfCursor(this.bytes, at).uleb();
      case DW_FORM.ref_addr:
        return this.info.identityAt(unit.dwarf64 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
      case DW_FORM.ref_sup4:
        return this.info.supplement?.identityAt(view.getUint32(at, true));
      case DW_FORM.GNU_ref_alt:
        return this.info.supplement?.identityAt(unit.dwarf64 ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
      default:
        return undefined;
    }
  }

  private get opened(): Unit {
    if (!this.unit) throw new RangeError('no unit is open');
    return this.unit;
  }

  private namePlace(form: number, at: number): NamePlace {
    if (form === DW_FORM.string) return { kind: 'inline', at };
    if (form !== DW_FORM.strp) return { kind: 'other', at };
    return { kind: 'stringOffset', at: this.opened.dwarf64 ? Number(this.view.getBigUint64(at, true)) : this.view.getUint32(at, true) };
  }

  private codeAt(offset: number): { code: number; next: number } {
    let code = this.bytes[offset]!;
    let next = offset + 1;
    if (code >= 0x80) {
      const cursor = new DwarfCursor(this.bytes, offset);
      code = cursor.uleb();
      next = cursor.offset;
    }
    if (!this.shapes.has(code))
      throw this.info.section.malformed(`unit at 0x${this.opened.offset.toString(16)}: abbreviation ${code} does not exist`);
    return { code, next };
  }

  /** `visit` tells whether to go into the DIE's children. */
  walk(visit: (offset: number, code: number, attributes: number) => boolean): void {
    const unit = this.opened;
    unit.parse('a DIE of the unit', () => {
      const { bytes, shapes } = this;
      const { hasChildren } = shapes;
      const root = this.codeAt(unit.header.firstDie);
      if (hasChildren[root.code] === 0) return;
      let at = shapes.skip(root.code, root.next);
      /** DIEs are told above this depth; a pass over outer ones goes deeper only to find their end. */
      let silentFrom = Number.MAX_SAFE_INTEGER;
      for (let depth = 1; depth > 0 && at < bytes.length; ) {
        const offset = at;
        let code = bytes[at++]!;
        if (code === 0) {
          depth--;
          if (depth < silentFrom) silentFrom = Number.MAX_SAFE_INTEGER;
          continue;
        }
        if (code >= 0x80) {
          const long = this.codeAt(offset);
          code = long.code;
          at = long.next;
        } else if (!shapes.has(code)) this.codeAt(offset);
        const deeper = depth < silentFrom && visit(offset, code, at);
        const attributes = at;
        if (hasChildren[code] === 0) {
          at = shapes.skip(code, at);
          continue;
        }
        const sibling = deeper ? undefined : this.siblingAt(code, attributes);
        if (sibling !== undefined && sibling > attributes) {
          at = sibling;
          continue;
        }
        at = shapes.skip(code, at);
        depth++;
        if (!deeper && silentFrom === Number.MAX_SAFE_INTEGER) silentFrom = depth;
      }
    });
  }

  private siblingAt(code: number, attributes: number): number | undefined {
    const at = this.shapes.find(code, SHAPE.sibling, attributes);
    if (at === ABSENT) return undefined;
    return this.shapes.form(code, SHAPE.sibling) === DW_FORM.ref4 ? this.view.getUint32(at, true) : undefined;
  }
}
