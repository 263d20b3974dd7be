// x87 and MMX state of vectors: random registers of every class, tags, TOP, control and status.
import type { FpuState } from '../../src/engine/vectors/fpu-state';
import { EXCEPTIONS, TOP_SHIFT, withSummary } from '../../src/x86/fpu/bits';
import type { InsnRow } from '../../src/x86/insn/row';
import { Gpr } from '../../src/x86/layout';
import { chooseTarget, type Draft, little } from './operands';
import type { Random } from './random';
import { putMemory } from './special';

const INTEGER_BIT = 1n << 63n;

function significand(random: Random): bigint {
  switch (random.below(6)) {
    case 0:
      return INTEGER_BIT;
    case 1:
      return INTEGER_BIT | (BigInt(random.below(16)) << BigInt(random.below(63)));
    case 2:
      return BigInt.asUintN(64, INTEGER_BIT | ~(BigInt(random.below(16)) << BigInt(random.below(63))));
    case 3:
      // Rounds at or near a tie at 24 or 53 bits.
      return INTEGER_BIT | (random.u64() & ~0x7ffn) | random.pick([0x3ffn, 0x400n, 0x401n, 0n]);
    case 4:
      return INTEGER_BIT | (random.u64() & ~0xff_ffff_ffffn) | random.pick([0x7f_ffff_ffffn, 0x80_0000_0000n, 0x80_0000_0001n, 0n]);
    default:
      return INTEGER_BIT | random.u64();
  }
}
function exponent(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0x3fff + random.below(9) - 4;
    case 1:
      return 0x3fff + random.below(140) - 70;
    case 2:
      return random.pick([1, 2, 3, 40, 63, 64, 65, 0x7ffe, 0x7ffd, 0x7fc0, 0x3fff + 63, 0x3fff + 62, 0x3fff + 64]);
    case 3:
      return random.pick([0x3f80, 0x3f81, 0x3f6a, 0x407e, 0x407f, 0x3c01, 0x3c00, 0x3bcd, 0x43fe, 0x43ff]) + random.below(3) - 1;
    case 4:
      return 1 + random.below(0x7ffe);
    default:
      return 0x3fff + random.below(24) - 12;
  }
}
function value80(random: Random): bigint {
  const sign = random.chance(50) ? 0x8000 : 0;
  const make = (e: number, m: bigint): bigint => (BigInt(sign | e) << 64n) | m;
  switch (random.below(20)) {
    case 0:
      return make(0, 0n);
    case 1:
      return make(0x7fff, INTEGER_BIT);
    case 2:
      return make(0x7fff, INTEGER_BIT | (1n << 62n) | (random.chance(50) ? 0n : random.u64() >> 2n));
    case 3:
      return make(0x7fff, INTEGER_BIT | (random.u64() >> BigInt(2 + random.below(40))) | 1n);
    case 4:
      return make(0, random.u64() >> BigInt(1 + random.below(62)));
    case 5:
      // Pseudo-denormal, or what is not supported.
      return random.chance(50) ? make(0, INTEGER_BIT | random.u64()) : make(random.pick([0x7fff, exponent(random)]), random.u64() >> 1n);
    case 6:
      return make(0x3fff, INTEGER_BIT);
    case 7: {
      // A small integer.
      const n = BigInt(1 + random.below(200));
      const bits = n.toString(2).length;
      return make(0x3ffe + bits, n << BigInt(64 - bits));
    }
    case 8: {
      const n = random.u64() >> BigInt(random.below(63)) || 1n;
      const bits = n.toString(2).length;
      return make(0x3ffe + bits, n << BigInt(64 - bits));
    }
    default:
      return make(exponent(random), significand(random));
  }
}

/** Which rows look at this state. */
export const usesFpu = (row: InsnRow): boolean =>
  row.unit === 'x87' || row.unit === 'mmx' || row.name === 'FWAIT' || row.operands.some((o) => ['q', 'qm', 'Q', 'st'].includes(o.kind));

/** Values between which quotients, remainders and comparisons are more than trivial. */
function relate(random: Random, st: bigint[]): void {
  if (random.chance(15)) st[1] = st[0]!;
  else if (random.chance(25)) st[1] = (st[1]! & INTEGER_BIT ? st[1]! : st[1]!) ^ (BigInt(random.below(3)) << 64n);
}

export function randomFpu(random: Random): FpuState {
  const fcw =
    0x40 |
    ((random.chance(60) ? 0x33f : EXCEPTIONS | (random.below(4) << 8) | (random.below(4) << 10)) &
      ~(random.chance(12) ? 1 << random.below(6) : 0) &
      ~(random.chance(3) ? random.below(64) : 0));
  const top = random.chance(40) ? 0 : random.below(8);
  const conditions = (random.below(8) << 8) | (random.chance(50) ? 0x4000 : 0);
  const sticky = random.chance(50) ? 0 : random.below(128) & (random.chance(90) ? fcw | 0x40 : 0x7f);
  const fsw = withSummary((top << TOP_SHIFT) | conditions | sticky, fcw);
  const position = (i: number): number => 1 << ((top + i) & 7);
  const kind = random.below(10);
  const some = random.below(256);
  const ftw =
    kind < 6
      ? (some | position(0) | position(1) | (kind < 4 ? 255 : 0)) & ~position(7)
      : kind < 8
        ? (some | position(0)) & ~position(1)
        : some;
  const st = Array.from({ length: 8 }, () => value80(random));
  relate(random, st);
  return { fcw, fsw, ftw, st };
}

/** The beginning of an FXRSTOR or XRSTOR image: control, status, tags, MXCSR, which mostly is a good one. The rest is the window's. */
export function imageHead({ random }: Draft): number[] {
  const { fcw, fsw, ftw } = randomFpu(random);
  const mxcsr = random.chance(90) ? random.below(0x1_0000) : random.u32();
  return [
    [fcw, 2],
    [fsw, 2],
    [ftw, 4],
    [0, 8],
    [0, 8],
    [mxcsr, 4],
  ].flatMap(([value, bytes]) => little(BigInt(value!), bytes!));
}

/** The beginning of an environment that is loaded: control and status. The rest is the window's. */
function environmentHead({ random, size }: Draft): number[] {
  const { fcw, fsw } = randomFpu(random);
  return [fcw, fsw, random.below(0x1_0000)].flatMap((value) => little(BigInt(value), size === 2 ? 2 : 4));
}

/** The state of a vector of this row, and its memory operand: numbers in the operand's own format. */
export function fpuState(d: Draft, row: InsnRow): void {
  const { random, v } = d;
  v.fpu = randomFpu(random);
  if (row.unit !== 'x87' && random.chance(70)) v.fpu.st = v.fpu.st.map((value) => (random.chance(60) ? random.value() : value));
  if (row.name === 'MASKMOVQ') v.gpr[Gpr.rdi] = BigInt(chooseTarget(random, 8));
  if (d.target >= 0 && /^F(LDENV|RSTOR)$/.test(row.name)) putMemory(d, d.target, environmentHead(d));
  if (d.target >= 0 && row.name === 'FXRSTOR') putMemory(d, d.target, imageHead(d));
  const bytes = typeof row.memoryBytes === 'number' ? row.memoryBytes : d.memoryBytes;
  if (d.target < 0 || bytes === 0) return;
  if (row.name.startsWith('FB')) {
    const digits = Array.from({ length: 9 }, () => random.below(10) | (random.below(10) << 4));
    if (random.chance(10)) digits[random.below(9)] = random.below(256);
    putMemory(d, d.target, [...digits, random.chance(50) ? 0x80 : random.below(256)]);
  } else if (bytes === 10) {
    const value = value80(random);
    putMemory(d, d.target, [...little(BigInt.asUintN(64, value), 8), ...little(value >> 64n, 2)]);
  } else if (row.unit === 'x87' && row.name === 'FLDCW') putMemory(d, d.target, little(BigInt(randomFpu(random).fcw), 2));
  else if (row.unit === 'x87' && bytes <= 8 && !row.name.startsWith('FI'))
    putMemory(d, d.target, little(binaryValue(random, bytes), bytes));
  else putMemory(d, d.target, [...little(random.value(), 8), ...little(random.value(), 8)].slice(0, Math.min(bytes, 16)));
}
function binaryValue(random: Random, bytes: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (random.chance(30)) {
    const exponentBits = bytes === 4 ? 8n : 11n;
    const fractionBits = BigInt(bytes * 8 - 1) - exponentBits;
    const e = random.pick([0n, (1n << exponentBits) - 1n, 1n, 1n << (exponentBits - 1n)]);
    const fraction = random.chance(30) ? 0n : BigInt.asUintN(Number(fractionBits), random.u64() >> BigInt(random.below(60)));
    return (BigInt(random.below(2)) << BigInt(bytes * 8 - 1)) | (e << fractionBits) | fraction;
  }
  const value = (random.u32() - 2 ** 31) / 2 ** random.below(40);
  if (bytes === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return bytes === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
}
