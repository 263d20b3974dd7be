// What a unit's root says about its line table, from the unit's first bytes: the rest is not read.

import type { Unit } from '../dwarf/unit';
import type { UnitScan } from './unit-scan';

/** Enough for the attributes of most roots. */
const HEAD = 1024;

export function lineOffsetOf(unit: Unit, scan: UnitScan): number | undefined {
  try {
    scan.open(unit, unit.peek(HEAD));
    return scan.lineOffset;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unit.parse('a DIE of the unit', () => {
      scan.open(unit, unit.peek());
      return scan.lineOffset;
    });
  }
}
