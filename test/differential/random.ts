// A seeded generator for vectors: the same seed gives the same vectors everywhere.

export class Random {
  private state: number;
  private readonly halves = new Uint32Array(2);
  private readonly whole = new BigUint64Array(this.halves.buffer);

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 32 bits (mulberry32). */
  u32(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(limit: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  u64(): bigint {
    this.halves[1] = this.u32();
    this.halves[0] = this.u32();
    return this.whole[0] as bigint;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A 64-bit operand: edges, sign boundaries of all sizes, small numbers, anything. */
  value(): bigint {
    switch (this.below(5)) {
      case 0:
        return this.pick(EDGES);
      case 1:
        return BigInt.asUintN(64, this.pick(EDGES) + BigInt(this.below(5) - 2));
      case 2:
        return this.u64() >> BigInt(this.below(64));
      case 3:
        return BigInt.asUintN(64, BigInt.asIntN(8, this.u64()));
      default:
        return this.u64();
    }
  }
}

const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 0x0fn, 0x10n, 0x1fn, 0x20n, 0x3fn, 0x40n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0xffffn, 0x1_0000n],
  ...[0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n],
  ...[0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_fffen, 0xffff_ffff_8000_0000n, 0xffff_ffff_7fff_ffffn, 0x5555_5555_5555_5555n],
  ...[0x0101_0101_0101_0101n, 0x0099_0009n],
];
