// Vectors through both sides: what agrees, what differs, what the engine does not implement.

import type { OracleGuest } from '../../src/engine/vectors/oracle-guest';
import type { Result, Vector } from '../../src/engine/vectors/vector';
import { Comparer, type Difference } from './compare';

export interface SuiteReport {
  vectors: number;
  differences: Difference[];
  /** By row name: how many vectors stopped as unimplemented. */
  unimplemented: Map<string, number>;
  explained: Map<string, number>;
}

const KEPT = 200;

export function compareAll(guest: OracleGuest, vectors: readonly Vector[], native: readonly Result[]): SuiteReport {
  const comparer = new Comparer();
  const report: SuiteReport = { vectors: vectors.length, differences: [], unimplemented: new Map(), explained: comparer.explained };
  for (const [i, vector] of vectors.entries()) {
    const engine = guest.run(vector);
    if (!(engine instanceof Map)) {
      const name = comparer.rowOf(vector)?.name ?? '?';
      report.unimplemented.set(name, (report.unimplemented.get(name) ?? 0) + 1);
      continue;
    }
    const difference = comparer.compare(vector, native[i] as Result, engine);
    if (difference && report.differences.length < KEPT) report.differences.push(difference);
  }
  return report;
}
