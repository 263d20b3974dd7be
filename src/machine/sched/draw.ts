// The scheduler's random numbers: xorshift32 (Marsaglia 2003), by seed, part of the saved state.
import type { SavedValue, Stateful } from '../../base/saved';

export class Draw implements Stateful {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds begin far apart; the state is never 0.
    this.state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0 || 1;
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state % limit;
  }

  save(): SavedValue {
    return this.state;
  }

  restore(saved: SavedValue): void {
    this.state = saved as number;
  }
}
