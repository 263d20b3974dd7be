// Chance with a printed seed: HYPERSCOPE_TEST_SEED repeats a failure.
import { testSeed } from '../support/seed';

export class Chance {
  readonly seed: number;
  private state: number;

  constructor(seed = testSeed()) {
    this.seed = seed;
    this.state = seed;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    // mulberry32 (Tommy Ettinger, public domain)
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  }

  of<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.below(choices.length)]!;
  }

  /** Printed once per suite, so that a failure can be repeated. */
  announce(): this {
    console.log(`      HYPERSCOPE_TEST_SEED=${this.seed}`);
    return this;
  }
}
