// The inlined copies of functions inside one unit, by a quick pass over all of its DIEs.

import type { Die } from '../dwarf/die';
import { DW_TAG } from '../dwarf/tags';
import type { Unit } from '../dwarf/unit';
import { SHAPE } from './shapes';
import type { UnitScan } from './unit-scan';

/** `origins`: offsets of the functions' abstract DIEs in .debug_info. */
export function inlinedCopiesIn(unit: Unit, scan: UnitScan, origins: ReadonlySet<number>): Die[] {
  const offsets: number[] = [];
  unit.parse('a DIE of the unit', () => scan.open(unit, unit.peek()));
  scan.descend((offset, code, attributes) => {
    if (scan.tag(code) !== DW_TAG.inlined_subroutine || !scan.has(code, SHAPE.code)) return;
    const origin = scan.reference(code, SHAPE.origin, attributes);
    if (origin !== undefined && origins.has(origin)) offsets.push(offset);
  });
  return offsets.flatMap((offset) => unit.dieAt(offset, undefined) ?? []);
}
