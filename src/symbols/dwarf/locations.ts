// Where a location attribute is described: one expression, or a list of expressions by address range:
// .debug_loc (DWARF 4, 2.6.2) and .debug_loclists (DWARF 5, 2.6.2 and 7.29), with GNU view numbers passed over.

import type { DwarfCursor } from './cursor';
import type { AttributeValue } from './forms';
import { listOffset, offsetOf } from './ranges';
import type { Unit } from './unit';

interface LocationEntry {
  /** undefined: the default location, valid where no other entry is. */
  readonly start: bigint | undefined;
  readonly end: bigint;
  readonly expression: Uint8Array;
}

const DW_LLE = {
  end_of_list: 0,
  base_addressx: 1,
  startx_endx: 2,
  startx_length: 3,
  offset_pair: 4,
  default_location: 5,
  base_address: 6,
  start_end: 7,
  start_length: 8,
  GNU_view_pair: 9,
} as const;

const DW_LLE_GNU = { end_of_list: 0, base_address_selection: 1, start_end: 2, start_length: 3, offset_pair: 4 } as const;

/** The expression valid at an address; undefined where none is: the value is not there at that point. */
export function expressionAt(unit: Unit, value: AttributeValue, address: bigint): Uint8Array | undefined {
  if (value.class === 'block') return value.bytes;
  const entries = locationList(unit, value);
  const entry = entries.find(({ start, end }) => start !== undefined && address >= start && address < end);
  return (entry ?? entries.find(({ start }) => start === undefined))?.expression;
}

function locationList(unit: Unit, value: AttributeValue): LocationEntry[] {
  const { sections } = unit.info;
  if (unit.version >= 5) {
    const section = sections.require('.debug_loclists', '.debug_info');
    return section.parse('a location list', () => {
      const base = unit.locationListsBase;
      const offset = value.class === 'listIndex' ? base + listOffset(unit, section.cursor(base), value.index) : offsetOf(value);
      return parseLocationList(unit, section.cursor(offset).using(unit));
    });
  }
  const section = sections.require('.debug_loc', '.debug_info');
  const parse = unit.isSplit ? parseSplitLocationList : parseOldLocationList;
  return section.parse('a location list', () => parse(unit, section.cursor(offsetOf(value)).using(unit)));
}

/** GNU's lists in .debug_loc.dwo, before DWARF 5: like .debug_loclists, but with lengths of fixed size. */
function parseSplitLocationList(unit: Unit, cursor: DwarfCursor): LocationEntry[] {
  const entries: LocationEntry[] = [];
  const indexed = (): bigint => unit.info.indexedAddress(unit, cursor.uleb());
  const add = (start: bigint, end: bigint): void => {
    entries.push({ start, end, expression: cursor.slice(cursor.u16()) });
  };
  let base = unit.lowPc;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case DW_LLE_GNU.end_of_list:
        return entries;
      case DW_LLE_GNU.base_address_selection:
        base = indexed();
        break;
      case DW_LLE_GNU.start_end: {
        const start = indexed();
        add(start, indexed());
        break;
      }
      case DW_LLE_GNU.start_length: {
        const start = indexed();
        add(start, start + BigInt(cursor.u32()));
        break;
      }
      case DW_LLE_GNU.offset_pair: {
        const start = base + BigInt(cursor.u32());
        add(start, base + BigInt(cursor.u32()));
        break;
      }
      default:
        throw new RangeError(`split location list entry of kind ${kind}`);
    }
  }
}

function parseLocationList(unit: Unit, cursor: DwarfCursor): LocationEntry[] {
  const entries: LocationEntry[] = [];
  const indexed = (): bigint => unit.info.indexedAddress(unit, cursor.uleb());
  const add = (start: bigint | undefined, end: bigint): void => {
    entries.push({ start, end, expression: cursor.slice(cursor.uleb()) });
  };
  let base = unit.lowPc;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case DW_LLE.end_of_list:
        return entries;
      case DW_LLE.base_addressx:
        base = indexed();
        break;
      case DW_LLE.startx_endx: {
        const start = indexed();
        add(start, indexed());
        break;
      }
      case DW_LLE.startx_length: {
        const start = indexed();
        add(start, start + cursor.ulebBig());
        break;
      }
      case DW_LLE.offset_pair: {
        const start = base + cursor.ulebBig();
        add(start, base + cursor.ulebBig());
        break;
      }
      case DW_LLE.default_location:
        add(undefined, 0n);
        break;
      case DW_LLE.base_address:
        base = cursor.address();
        break;
      case DW_LLE.start_end: {
        const start = cursor.address();
        add(start, cursor.address());
        break;
      }
      case DW_LLE.start_length: {
        const start = cursor.address();
        add(start, start + cursor.ulebBig());
        break;
      }
      case DW_LLE.GNU_view_pair:
        cursor.skipLeb();
        cursor.skipLeb();
        break;
      default:
        throw new RangeError(`location list entry of kind ${kind}`);
    }
  }
}

function parseOldLocationList(unit: Unit, cursor: DwarfCursor): LocationEntry[] {
  const entries: LocationEntry[] = [];
  const selectBase = (1n << BigInt(unit.addressSize * 8)) - 1n;
  let base = unit.lowPc;
  for (;;) {
    const start = cursor.address();
    const end = cursor.address();
    if (start === 0n && end === 0n) return entries;
    if (start === selectBase) base = end;
    else entries.push({ start: base + start, end: base + end, expression: cursor.slice(cursor.u16()) });
  }
}
