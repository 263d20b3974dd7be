// .debug_aranges: which unit holds an address, without reading the units (DWARF 5, 6.1.2). Optional: clang leaves it out.

import type { AddressRange } from './ranges';
import type { DwarfSection } from './section';

/** Offset of a unit's header in .debug_info → its ranges. */
export function readAranges(section: DwarfSection): Map<number, AddressRange[]> {
  return section.parse('an address range table', () => {
    const byUnit = new Map<number, AddressRange[]>();
    const cursor = section.cursor(0);
    while (cursor.end - cursor.offset >= 12) {
      const start = cursor.offset;
      const length = cursor.initialLength();
      const end = cursor.offset + length;
      if (end > cursor.end) throw new RangeError(`a table ends at ${end}, the section at ${cursor.end}`);
      cursor.u16();
      const unit = cursor.sectionOffset();
      cursor.addressSize = cursor.u8();
      const pair = cursor.addressSize * 2;
      if (cursor.u8() !== 0 || pair === 0) throw new RangeError('segment selectors or addresses without size');
      cursor.offset = start + Math.ceil((cursor.offset - start) / pair) * pair;
      const ranges = byUnit.get(unit) ?? [];
      byUnit.set(unit, ranges);
      while (cursor.offset + pair <= end) {
        const low = cursor.address();
        const size = cursor.address();
        if (low === 0n && size === 0n) break;
        if (size > 0n) ranges.push({ start: low, end: low + size });
      }
      cursor.offset = end;
    }
    return byUnit;
  });
}
