// A table of steps: from a state, by a word (two halves), to a state. Open addressing in plain numbers, found in some nanoseconds.

const LEAST = 1 << 10;

/** Ends of MurmurHash3's mixing, over a state and two halves. */
function hashOf(state: number, lo: number, hi: number): number {
  let hash = Math.imul(state, 0x9e37_79b1) ^ Math.imul(lo ^ (lo >>> 15), 0x85eb_ca6b) ^ Math.imul(hi ^ (hi >>> 13), 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
  return hash ^ (hash >>> 15);
}

export class Transitions {
  /** Four numbers a step: state (0: nothing here), the halves, where it goes. */
  private table = new Int32Array(LEAST * 4);
  private count = 0;
  private states = 1;

  /** Where every way begins. */
  readonly root = 1;

  /** States there are. */
  get size(): number {
    return this.states;
  }

  clear(): void {
    this.table = new Int32Array(LEAST * 4);
    this.count = 0;
    this.states = 1;
  }

  /** 0: no such step. */
  step(state: number, lo: number, hi: number): number {
    return this.table[this.find(state, lo, hi) + 3]!;
  }

  /** The same, made if it is not there. */
  make(state: number, lo: number, hi: number): number {
    let at = this.find(state, lo, hi);
    if (this.table[at] !== 0) return this.table[at + 3]!;
    if (++this.count * 8 > this.table.length) {
      this.grow();
      at = this.find(state, lo, hi);
    }
    this.table.set([state, lo, hi, ++this.states], at);
    return this.states;
  }

  /** Where the step is, or would be. */
  private find(state: number, lo: number, hi: number): number {
    const { table } = this;
    const mask = table.length - 1;
    for (let at = (hashOf(state, lo, hi) << 2) & mask; ; at = (at + 4) & mask) {
      const there = table[at];
      if (there === 0 || (there === state && table[at + 1] === (lo | 0) && table[at + 2] === (hi | 0))) return at;
    }
  }

  private grow(): void {
    const old = this.table;
    this.table = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 4)
      if (old[at] !== 0) this.table.set(old.subarray(at, at + 4), this.find(old[at]!, old[at + 1]!, old[at + 2]!));
  }
}
