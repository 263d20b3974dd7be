// Fresh vectors through both sides, batch after batch: single instructions of every row in turn, and short sequences.
import type { OracleGuest } from '../../src/engine/vectors/oracle-guest';
import { Coverage } from './coverage';
import { type Generated, generate, makeVectors, type Subject, subjects } from './generate';
import type { NativeOracle } from './native';
import type { Random } from './random';
import { Sequences } from './sequences';
import { Suite } from './suite';

/** One vector of so many aims at a fault that was not seen yet. */
const AIMED_SHARE = 8;
/** Vectors of a batch for one gap, where few are left. */
const TRIES = 16;
/** One vector of so many is a short sequence. */
const SEQUENCE_SHARE = 8;

export class FreshVectors {
  readonly suite: Suite;
  readonly coverage: Coverage;
  readonly subjects: readonly Subject[];
  private readonly sequences: Sequences | undefined;

  /** `name`: whole names of rows; then there are no sequences. */
  constructor(
    guest: OracleGuest,
    private readonly oracle: NativeOracle,
    private readonly random: Random,
    name?: RegExp,
  ) {
    this.suite = new Suite(guest);
    this.subjects = subjects().filter(({ row }) => name?.test(row.name) ?? true);
    this.coverage = new Coverage(this.subjects);
    this.sequences = name ? undefined : new Sequences(random);
  }

  private aimed(most: number): Generated[] {
    const gaps = this.coverage.gaps();
    const start = this.random.below(Math.max(gaps.length, 1));
    return Array.from({ length: Math.min(most, gaps.length * TRIES) }, (_, i) => {
      const { subject, aim } = gaps[(start + i) % gaps.length]!;
      return generate(subject, this.random, `aim.${i.toString(36)}`, aim);
    });
  }

  async batch(size: number): Promise<void> {
    const longer = this.sequences ? Math.floor(size / SEQUENCE_SHARE) : 0;
    const made = this.aimed(Math.floor(size / AIMED_SHARE));
    made.push(...makeVectors(size - longer - made.length, this.random, this.subjects));
    const single = made.length;
    if (this.sequences) made.push(...this.sequences.make(longer));
    const vectors = made.map((item) => item.vector);
    // The native side runs while the engine does.
    const running = this.oracle.run(vectors);
    const engine = this.suite.runAll(vectors);
    const native = await running;
    this.coverage.add(made.slice(0, single), native);
    this.suite.compareAll(vectors, engine, native);
  }
}
