// How an attribute's value is stored (DWARF 5, 7.5.6 and table 7.6). Values keep their class; indexes and offsets into
// other sections are resolved by whoever asks, since the bases they need are attributes themselves.

import type { DwarfCursor, DwarfFormat } from './cursor';

export const DW_FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  ref_addr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  ref_udata: 0x15,
  indirect: 0x16,
  sec_offset: 0x17,
  exprloc: 0x18,
  flag_present: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  ref_sup4: 0x1c,
  strp_sup: 0x1d,
  data16: 0x1e,
  line_strp: 0x1f,
  ref_sig8: 0x20,
  implicit_const: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  ref_sup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  GNU_addr_index: 0x1f01,
  GNU_str_index: 0x1f02,
  GNU_ref_alt: 0x1f20,
  GNU_strp_alt: 0x1f21,
} as const;

export type AttributeValue =
  | { readonly class: 'address'; readonly value: bigint }
  | { readonly class: 'addressIndex'; readonly index: number }
  /** `size` in bytes of a fixed form (whose sign only the type tells), 0 for LEB128 and implicit constants. */
  | { readonly class: 'constant'; readonly value: bigint; readonly size: number }
  | { readonly class: 'block'; readonly bytes: Uint8Array }
  | { readonly class: 'string'; readonly value: string }
  | { readonly class: 'stringOffset'; readonly section: '.debug_str' | '.debug_line_str'; readonly offset: number }
  | { readonly class: 'stringIndex'; readonly index: number }
  | { readonly class: 'flag'; readonly value: boolean }
  /** `offset` counts from the unit's start (local) or the section's (global). */
  | { readonly class: 'reference'; readonly offset: number; readonly global: boolean }
  | { readonly class: 'signature'; readonly value: bigint }
  | { readonly class: 'sectionOffset'; readonly offset: number }
  | { readonly class: 'listIndex'; readonly index: number }
  /** Offsets into the supplementary file (DWARF 5, 7.3.6; dwz's .gnu_debugaltlink before). */
  | { readonly class: 'supplementaryReference'; readonly offset: number }
  | { readonly class: 'supplementaryString'; readonly offset: number };

export interface FormContext extends DwarfFormat {
  readonly version: number;
}

/** Reads one value. An unknown form throws RangeError: nothing behind it can be found. */
export function readForm(cursor: DwarfCursor, form: number, implicit: bigint, context: FormContext): AttributeValue {
  switch (form) {
    case DW_FORM.addr:
      return { class: 'address', value: cursor.unsigned(context.addressSize) };
    case DW_FORM.data1:
      return { class: 'constant', value: BigInt(cursor.u8()), size: 1 };
    case DW_FORM.data2:
      return { class: 'constant', value: BigInt(cursor.u16()), size: 2 };
    case DW_FORM.data4:
      return { class: 'constant', value: BigInt(cursor.u32()), size: 4 };
    case DW_FORM.data8:
      return { class: 'constant', value: cursor.u64(), size: 8 };
    case DW_FORM.data16:
      return { class: 'block', bytes: cursor.slice(16) };
    case DW_FORM.sdata:
      return { class: 'constant', value: cursor.slebBig(), size: 0 };
    case DW_FORM.udata:
      return { class: 'constant', value: cursor.ulebBig(), size: 0 };
    case DW_FORM.implicit_const:
      return { class: 'constant', value: implicit, size: 0 };
    case DW_FORM.block1:
      return { class: 'block', bytes: cursor.slice(cursor.u8()) };
    case DW_FORM.block2:
      return { class: 'block', bytes: cursor.slice(cursor.u16()) };
    case DW_FORM.block4:
      return { class: 'block', bytes: cursor.slice(cursor.u32()) };
    case DW_FORM.block:
    case DW_FORM.exprloc:
      return { class: 'block', bytes: cursor.slice(cursor.uleb()) };
    case DW_FORM.string:
      return { class: 'string', value: cursor.cstring() };
    case DW_FORM.strp:
      return { class: 'stringOffset', section: '.debug_str', offset: offsetOf(cursor, context) };
    case DW_FORM.line_strp:
      return { class: 'stringOffset', section: '.debug_line_str', offset: offsetOf(cursor, context) };
    case DW_FORM.strx:
    case DW_FORM.GNU_str_index:
      return { class: 'stringIndex', index: cursor.uleb() };
    case DW_FORM.strx1:
      return { class: 'stringIndex', index: cursor.u8() };
    case DW_FORM.strx2:
      return { class: 'stringIndex', index: cursor.u16() };
    case DW_FORM.strx3:
      return { class: 'stringIndex', index: cursor.u24() };
    case DW_FORM.strx4:
      return { class: 'stringIndex', index: cursor.u32() };
    case DW_FORM.addrx:
    case DW_FORM.GNU_addr_index:
      return { class: 'addressIndex', index: cursor.uleb() };
    case DW_FORM.addrx1:
      return { class: 'addressIndex', index: cursor.u8() };
    case DW_FORM.addrx2:
      return { class: 'addressIndex', index: cursor.u16() };
    case DW_FORM.addrx3:
      return { class: 'addressIndex', index: cursor.u24() };
    case DW_FORM.addrx4:
      return { class: 'addressIndex', index: cursor.u32() };
    case DW_FORM.flag:
      return { class: 'flag', value: cursor.u8() !== 0 };
    case DW_FORM.flag_present:
      return { class: 'flag', value: true };
    case DW_FORM.ref1:
      return { class: 'reference', offset: cursor.u8(), global: false };
    case DW_FORM.ref2:
      return { class: 'reference', offset: cursor.u16(), global: false };
    case DW_FORM.ref4:
      return { class: 'reference', offset: cursor.u32(), global: false };
    case DW_FORM.ref8:
      return { class: 'reference', offset: cursor.u64n(), global: false };
    case DW_FORM.ref_udata:
      return { class: 'reference', offset: cursor.uleb(), global: false };
    case DW_FORM.ref_addr:
      return { class: 'reference', offset: refAddr(cursor, context), global: true };
    case DW_FORM.ref_sig8:
      return { class: 'signature', value: cursor.u64() };
    case DW_FORM.sec_offset:
      return { class: 'sectionOffset', offset: offsetOf(cursor, context) };
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      return { class: 'listIndex', index: cursor.uleb() };
    case DW_FORM.ref_sup4:
      return { class: 'supplementaryReference', offset: cursor.u32() };
    case DW_FORM.ref_sup8:
      return { class: 'supplementaryReference', offset: cursor.u64n() };
    case DW_FORM.GNU_ref_alt:
      return { class: 'supplementaryReference', offset: offsetOf(cursor, context) };
    case DW_FORM.strp_sup:
    case DW_FORM.GNU_strp_alt:
      return { class: 'supplementaryString', offset: offsetOf(cursor, context) };
    case DW_FORM.indirect: {
      const actual = cursor.uleb();
      if (actual === DW_FORM.indirect || actual === DW_FORM.implicit_const) throw new RangeError(`indirect form 0x${actual.toString(16)}`);
      return readForm(cursor, actual, 0n, context);
    }
    default:
      throw new RangeError(`unknown form 0x${form.toString(16)}`);
  }
}

/** Passes over one value; most DIEs are only passed over. */
export function skipForm(cursor: DwarfCursor, form: number, context: FormContext): void {
  const fixed = FIXED_FORMS.get(form);
  if (fixed !== undefined) {
    cursor.skip(fixed);
    return;
  }
  switch (form) {
    case DW_FORM.addr:
      cursor.skip(context.addressSize);
      return;
    case DW_FORM.strp:
    case DW_FORM.line_strp:
    case DW_FORM.sec_offset:
    case DW_FORM.strp_sup:
    case DW_FORM.GNU_ref_alt:
    case DW_FORM.GNU_strp_alt:
      cursor.skip(context.dwarf64 ? 8 : 4);
      return;
    case DW_FORM.sdata:
    case DW_FORM.udata:
    case DW_FORM.ref_udata:
    case DW_FORM.strx:
    case DW_FORM.addrx:
    case DW_FORM.loclistx:
    case DW_FORM.rnglistx:
      cursor.skipLeb();
      return;
    case DW_FORM.exprloc:
    case DW_FORM.block:
      cursor.skip(cursor.uleb());
      return;
    case DW_FORM.block1:
      cursor.skip(cursor.u8());
      return;
    default:
      readForm(cursor, form, 0n, context);
  }
}

const FIXED_FORMS: ReadonlyMap<number, number> = new Map([
  [DW_FORM.implicit_const, 0],
  [DW_FORM.flag_present, 0],
  [DW_FORM.data1, 1],
  [DW_FORM.ref1, 1],
  [DW_FORM.flag, 1],
  [DW_FORM.strx1, 1],
  [DW_FORM.addrx1, 1],
  [DW_FORM.data2, 2],
  [DW_FORM.ref2, 2],
  [DW_FORM.strx2, 2],
  [DW_FORM.addrx2, 2],
  [DW_FORM.data4, 4],
  [DW_FORM.ref4, 4],
  [DW_FORM.strx4, 4],
  [DW_FORM.addrx4, 4],
  [DW_FORM.data8, 8],
  [DW_FORM.ref8, 8],
  [DW_FORM.ref_sig8, 8],
  [DW_FORM.ref_sup4, 4],
  [DW_FORM.ref_sup8, 8],
  [DW_FORM.data16, 16],
]);

const OFFSET_FORMS: ReadonlySet<number> = new Set([
  DW_FORM.strp,
  DW_FORM.line_strp,
  DW_FORM.sec_offset,
  DW_FORM.strp_sup,
  DW_FORM.GNU_ref_alt,
  DW_FORM.GNU_strp_alt,
]);

/** Bytes that the attributes of an abbreviation take in this format, or -1 where that varies from DIE to DIE. */
export function fixedSizeOf(abbrev: { readonly forms: readonly number[] }, context: FormContext): number {
  let total = 0;
  for (const form of abbrev.forms) {
    const size = form === DW_FORM.addr ? context.addressSize : OFFSET_FORMS.has(form) ? (context.dwarf64 ? 8 : 4) : FIXED_FORMS.get(form);
    if (size === undefined) return -1;
    total += size;
  }
  return total;
}

function offsetOf(cursor: DwarfCursor, context: FormContext): number {
  return context.dwarf64 ? cursor.u64n() : cursor.u32();
}

/** DWARF 2 made references to other units as wide as an address. */
function refAddr(cursor: DwarfCursor, context: FormContext): number {
  return context.version <= 2 ? Number(cursor.unsigned(context.addressSize)) : offsetOf(cursor, context);
}
