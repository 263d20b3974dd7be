// Address ranges of a DIE: low_pc/high_pc, .debug_ranges (DWARF 4, 2.17.3), .debug_rnglists (DWARF 5, 2.17.3 and 7.25).

import { DW_AT } from './attributes';
import type { DwarfCursor } from './cursor';
import type { Die } from './die';
import type { AttributeValue } from './forms';
import type { Unit } from './unit';

/** [start, end) */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

const DW_RLE = {
  end_of_list: 0,
  base_addressx: 1,
  startx_endx: 2,
  startx_length: 3,
  offset_pair: 4,
  base_address: 5,
  start_end: 6,
  start_length: 7,
} as const;

/** Empty ranges are left out; the order is the producer's, whose first range is the one that is entered. */
export function dieRanges(die: Die): readonly AddressRange[] {
  const list = die.attribute(DW_AT.ranges);
  if (list) return rangeList(die.unit, list);
  const start = die.address(DW_AT.low_pc);
  const high = die.attribute(DW_AT.high_pc);
  if (start === undefined || !high) return [];
  const end = high.class === 'constant' ? start + high.value : (die.unit.resolveAddress(high) ?? start);
  return end > start ? [{ start, end }] : [];
}

export function contains(ranges: readonly AddressRange[], address: bigint): boolean {
  return ranges.some((range) => address >= range.start && address < range.end);
}

function rangeList(unit: Unit, value: AttributeValue): AddressRange[] {
  const { sections } = unit.info;
  if (unit.version >= 5) {
    const section = sections.require('.debug_rnglists', '.debug_info');
    return section.parse('a range list', () => {
      const offset =
        value.class === 'listIndex'
          ? unit.rangeListsBase + listOffset(unit, section.cursor(unit.rangeListsBase), value.index)
          : offsetOf(value);
      return parseRangeList(unit, section.cursor(offset).using(unit));
    });
  }
  const section = sections.require('.debug_ranges', '.debug_info');
  return section.parse('a range list', () => parseOldRangeList(unit, section.cursor(unit.oldRangesBase + offsetOf(value)).using(unit)));
}

/** Entry `index` of the offset table at the cursor; counts from the base. */
export function listOffset(unit: Unit, table: DwarfCursor, index: number): number {
  table.using(unit).skip(index * (unit.dwarf64 ? 8 : 4));
  return table.sectionOffset();
}

/** DWARF 2 and 3 wrote section offsets as data4 or data8. */
export function offsetOf(value: AttributeValue): number {
  if (value.class === 'sectionOffset') return value.offset;
  if (value.class === 'constant') return Number(value.value);
  throw new RangeError(`a list named by a value of class ${value.class}`);
}

function parseRangeList(unit: Unit, cursor: DwarfCursor): AddressRange[] {
  const ranges: AddressRange[] = [];
  const add = (start: bigint, end: bigint): void => {
    if (end > start) ranges.push({ start, end });
  };
  const indexed = (): bigint => unit.info.indexedAddress(unit, cursor.uleb());
  let base = unit.lowPc;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case DW_RLE.end_of_list:
        return ranges;
      case DW_RLE.base_addressx:
        base = indexed();
        break;
      case DW_RLE.startx_endx: {
        const start = indexed();
        add(start, indexed());
        break;
      }
      case DW_RLE.startx_length: {
        const start = indexed();
        add(start, start + cursor.ulebBig());
        break;
      }
      case DW_RLE.offset_pair: {
        const start = base + cursor.ulebBig();
        add(start, base + cursor.ulebBig());
        break;
      }
      case DW_RLE.base_address:
        base = cursor.address();
        break;
      case DW_RLE.start_end: {
        const start = cursor.address();
        add(start, cursor.address());
        break;
      }
      case DW_RLE.start_length: {
        const start = cursor.address();
        add(start, start + cursor.ulebBig());
        break;
      }
      default:
        throw new RangeError(`range list entry of kind ${kind}`);
    }
  }
}

function parseOldRangeList(unit: Unit, cursor: DwarfCursor): AddressRange[] {
  const ranges: AddressRange[] = [];
  const selectBase = (1n << BigInt(unit.addressSize * 8)) - 1n;
  let base = unit.lowPc;
  for (;;) {
    const start = cursor.address();
    const end = cursor.address();
    if (start === 0n && end === 0n) return ranges;
    if (start === selectBase) base = end;
    else if (end > start) ranges.push({ start: base + start, end: base + end });
  }
}
