// Which unit holds an address: from .debug_aranges where a unit has an entry, else from its root DIE, else from its line table.

import { readAranges } from './dwarf/aranges';
import type { DebugInfo } from './dwarf/info';
import { type AddressRange, dieRanges } from './dwarf/ranges';
import { hasCodeAt } from './dwarf/section';
import type { Unit } from './dwarf/unit';

interface Entry extends AddressRange {
  readonly unit: Unit;
}

export class UnitMap {
  private entries: readonly Entry[] | undefined;

  constructor(
    private readonly info: DebugInfo,
    /** Ranges of a unit's line table, for units that say nothing themselves. */
    private readonly lineRanges: (unit: Unit) => readonly AddressRange[],
  ) {}

  unitAt(address: bigint): Unit | undefined {
    this.entries ??= this.build();
    const { entries } = this;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    // Ranges hardly overlap; where they do (an assembly file inside another unit's section), the closest start wins.
    for (let i = low - 1; i >= 0 && i >= low - 4; i--) if (address < entries[i]!.end) return entries[i]!.unit;
    return undefined;
  }

  /** Units with code in [from, to). */
  unitsIn(from: bigint, to: bigint): ReadonlySet<Unit> {
    this.entries ??= this.build();
    return new Set(this.entries.filter(({ start, end }) => start < to && end > from).map(({ unit }) => unit));
  }

  private build(): readonly Entry[] {
    const { elf } = this.info.sections;
    const section = this.info.sections.get('.debug_aranges');
    const aranges = section && readAranges(section);
    const entries: Entry[] = [];
    for (const unit of this.info.units) {
      // Type units name a line table for their declarations only.
      if (unit.holdsType) continue;
      const listed = aranges?.get(unit.offset);
      let ranges: readonly AddressRange[] = listed && listed.length > 0 ? listed : dieRanges(unit.root);
      if (ranges.length === 0) ranges = this.lineRanges(unit);
      for (const { start, end } of ranges) if (hasCodeAt(elf, start)) entries.push({ start, end, unit });
    }
    return entries.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }
}
