// Operands of vector instructions: special floating-point bit patterns, numbers near each other and near the formats' limits, strings, and MXCSR.
import type { InsnRow } from '../../src/x86/insn/row';
import { Gpr } from '../../src/x86/layout';
import { chooseTarget, type Draft, little } from './operands';
import type { Random } from './random';
import { putMemory } from './special';

const DOUBLES: readonly bigint[] = [
  ...[0n, 1n << 63n, 0x3ff0_0000_0000_0000n, 0xbff0_0000_0000_0000n, 0x7ff0_0000_0000_0000n, 0xfff0_0000_0000_0000n],
  ...[0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0001n, 0x7ff4_0000_0000_0000n, 1n, 0x000f_ffff_ffff_ffffn, 0x0010_0000_0000_0000n],
  ...[0x7fef_ffff_ffff_ffffn, 0x41df_ffff_ffc0_0000n, 0xc1e0_0000_0000_0000n, 0x43e0_0000_0000_0000n, 0x3fe0_0000_0000_0000n],
];
const SINGLES: readonly bigint[] = [
  ...[0n, 0x8000_0000n, 0x3f80_0000n, 0xbf80_0000n, 0x7f80_0000n, 0xff80_0000n, 0x7fc0_0000n, 0x7fa0_0000n, 1n, 0x007f_ffffn],
  ...[0x0080_0000n, 0x7f7f_ffffn, 0x4f00_0000n, 0xcf00_0000n, 0x3f00_0000n, 0x40a0_0000n],
];
/** Biased exponents of binary32 around which results round, overflow, underflow and lose all bits. */
const EXPONENTS = [0, 1, 2, 24, 63, 64, 103, 104, 125, 126, 127, 128, 150, 157, 158, 159, 189, 190, 191, 252, 253, 254] as const;
/** The same of binary64, as offsets from its limits and middle. */
const EXPONENTS_64 = [
  0, 1, 2, 511, 512, 896, 897, 970, 1022, 1023, 1024, 1053, 1054, 1055, 1075, 1085, 1086, 1150, 1151, 2045, 2046,
] as const;

function single(random: Random): bigint {
  const fraction = random.chance(40) ? BigInt(random.below(8)) << BigInt(random.below(21)) : BigInt(random.below(0x80_0000));
  return (BigInt(random.below(2)) << 31n) | (BigInt(random.pick(EXPONENTS)) << 23n) | (fraction & 0x7f_ffffn);
}
function double(random: Random): bigint {
  const fraction = random.chance(40) ? BigInt(random.below(8)) << BigInt(random.below(50)) : random.u64();
  return (BigInt(random.below(2)) << 63n) | (BigInt(random.pick(EXPONENTS_64)) << 52n) | (fraction & 0xf_ffff_ffff_ffffn);
}
/** A short word of few letters, ended by zeros now and then: for string comparison. */
function letters(random: Random): bigint {
  let text = 0n;
  for (let i = 0; i < 8; i++) text = (text << 8n) | BigInt(random.chance(12) ? 0 : 0x61 + random.below(3));
  return text;
}

function quad(random: Random): bigint {
  const view = new DataView(new ArrayBuffer(8));
  switch (random.below(8)) {
    case 0:
      return random.pick(DOUBLES);
    case 1:
      return (random.pick(SINGLES) << 32n) | random.pick(SINGLES);
    case 2:
      view.setFloat64(0, (random.u32() - 2 ** 31) / 2 ** random.below(40));
      return view.getBigUint64(0);
    case 3:
      view.setFloat32(0, (random.u32() - 2 ** 31) / 2 ** random.below(40));
      view.setFloat32(4, random.below(1000) - 500);
      return view.getBigUint64(0);
    case 4:
      return (single(random) << 32n) | single(random);
    case 5:
      return double(random);
    case 6:
      return random.chance(50) ? letters(random) : random.u64();
    default:
      return random.value();
  }
}
export const vectorValue = (random: Random): bigint => {
  const low = quad(random);
  return ((random.chance(20) ? low : quad(random)) << 64n) | low;
};

const VECTOR_KINDS: readonly string[] = ['x', 'X', 'xm', 'vx', 'ix'];

function controlWord(random: Random): number {
  let mxcsr = 0x1f80;
  if (random.chance(25)) mxcsr |= (random.below(4) << 13) | (random.chance(30) ? 0x8000 : 0) | (random.chance(30) ? 0x40 : 0);
  if (random.chance(8)) mxcsr &= ~(0x80 << random.below(6));
  if (random.chance(2)) mxcsr &= ~(random.below(64) << 7);
  if (random.chance(50)) mxcsr |= 0x20;
  if (random.chance(5)) mxcsr |= random.below(64);
  return mxcsr;
}

/** Vector operands, MXCSR, and a vector in memory. */
export function vectorState(d: Draft, row: InsnRow): void {
  const { v, random } = d;
  // The upper half matters to VEX alone: legacy forms leave it as it is.
  const wide = row.unit === 'avx' || random.chance(10);
  const any = (): bigint => (wide ? (vectorValue(random) << 128n) | vectorValue(random) : vectorValue(random));
  const value = any();
  /** Sources that are alike make comparisons and differences interesting. */
  const next = (): bigint => (random.chance(12) ? value ^ (random.chance(50) ? 0n : 1n << BigInt(random.below(128))) : any());
  const named = row.operands.some((o) => VECTOR_KINDS.includes(o.kind));
  // VZEROALL names none and changes all.
  const registers = row.operands.length === 0 ? [0, 5, 7, 8, 15] : named ? [d.reg, d.rm, d.vvvv, d.is4] : [];
  for (const register of registers) if (register >= 0) v.xmm.set(register, next());
  // Some take a third source from XMM0.
  if (named && !v.xmm.has(0)) v.xmm.set(0, vectorValue(random));
  v.mxcsr = controlWord(random);
  if (/^V?PCMPESTR/.test(row.name))
    for (const register of [Gpr.rax, Gpr.rdx])
      if (!d.addressRegisters.has(register) && random.chance(85))
        v.gpr[register] = BigInt.asUintN(v.mode32 ? 32 : 64, BigInt(random.below(40) - 20));
  if (/^V?MASKMOVDQU$/.test(row.name)) v.gpr[Gpr.rdi] = BigInt(chooseTarget(random, 16));
  if (d.target >= 0) {
    const memory = next();
    const bytes = [0n, 64n, 128n, 192n].flatMap((shift) => little(memory >> shift, 8));
    putMemory(d, d.target, bytes.slice(0, Math.max(1, Math.min(d.memoryBytes, 32))));
  }
}
