// LZMA's range decoder: binary decisions with probabilities of 11 bits that learn (lzma-specification, "Range Decoder").
const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const LEARNING_SHIFT = 5;
const TOP = 2 ** 24;
const HEADER_SIZE = 5;

export const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(HALF);

export class RangeDecoder {
  private range = 0xffffffff;
  private code = 0;
  private at = HEADER_SIZE;

  constructor(private readonly source: Uint8Array) {
    for (let i = 1; i < HEADER_SIZE; i++) this.code = ((this.code << 8) | (source[i] ?? 0)) >>> 0;
  }

  private normalise(): void {
    if (this.range >= TOP) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | (this.source[this.at++] ?? 0)) >>> 0;
  }

  bit(table: Uint16Array, index: number): 0 | 1 {
    this.normalise();
    const probability = table[index]!;
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    if (this.code < bound) {
      this.range = bound;
      table[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> LEARNING_SHIFT);
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    table[index] = probability - (probability >> LEARNING_SHIFT);
    return 1;
  }

  /** Bits of even probability. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.normalise();
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code -= this.range;
      value = value * 2 + bit;
    }
    return value;
  }

  /** `bits` bits, the highest first, by a tree of probabilities from `base`. */
  tree(table: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(table, base + node);
    return node - (1 << bits);
  }

  /** The same with the lowest bit first. */
  reverseTree(table: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(table, base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }
}
