// Vectors through both sides: what agrees, what differs, what the engine does not implement.

import type { OracleGuest } from '../../src/engine/vectors/oracle-guest';
import { parseResult, type Vector } from '../../src/engine/vectors/vector';
import { Comparer, type Difference } from './compare';

export interface SuiteReport {
  vectors: number;
  differences: Difference[];
  /** By row name: how many vectors stopped as unimplemented. */
  unimplemented: Map<string, number>;
  explained: Map<string, number>;
}

const KEPT = 200;

export class Suite {
  readonly report: SuiteReport;
  private readonly comparer = new Comparer();

  constructor(private readonly guest: OracleGuest) {
    this.report = { vectors: 0, differences: [], unimplemented: new Map(), explained: this.comparer.explained };
  }

  /** The engine's result lines; nothing where it does not implement the vector. */
  runAll(vectors: readonly Vector[]): (string | undefined)[] {
    return vectors.map((vector) => {
      const engine = this.guest.run(vector);
      if (typeof engine === 'string') return engine;
      const name = this.comparer.rowOf(vector)?.name ?? '?';
      this.report.unimplemented.set(name, (this.report.unimplemented.get(name) ?? 0) + 1);
      return undefined;
    });
  }
  /** Equal lines are the rule; others are looked at field by field. */
  compareAll(vectors: readonly Vector[], engine: readonly (string | undefined)[], native: readonly string[]): void {
    this.report.vectors += vectors.length;
    for (const [i, vector] of vectors.entries()) {
      const ours = engine[i];
      const theirs = native[i];
      if (ours === undefined || theirs === undefined || ours === theirs) continue;
      const difference = this.comparer.compare(vector, parseResult(theirs), parseResult(ours));
      if (difference && this.report.differences.length < KEPT) this.report.differences.push(difference);
    }
  }
}
