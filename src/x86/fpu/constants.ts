// FXAM, and the constants of FLD1 to FLDZ with their rounding (SDM vol 2; vol 1 ch. 8.3.4: 66-bit values rounded by the rounding control).
import { Rc, Sw } from './bits';
import { BIAS, type F80, isNegative, Kind, type KindOf, kindOf, one80, zero80 } from './float80';

/** Exponent, the 64-bit significand cut, whether nearest rounding goes up. */
const constant = (exponent: number, m: bigint, nearestUp: boolean) => ({ se: exponent + BIAS, m, nearestUp });
const IRRATIONAL = {
  l2t: constant(1, 0xd49a_784b_cd1b_8afen, false),
  l2e: constant(0, 0xb8aa_3b29_5c17_f0bbn, true),
  pi: constant(1, 0xc90f_daa2_2168_c234n, true),
  lg2: constant(-2, 0x9a20_9a84_fbcf_f798n, true),
  ln2: constant(-1, 0xb172_17f7_d1cf_79abn, true),
} as const;

export type ConstantName = keyof typeof IRRATIONAL | 'one' | 'zero';
export const CONSTANT_NAMES: readonly ConstantName[] = ['one', 'l2t', 'l2e', 'pi', 'lg2', 'ln2', 'zero'];

export function constant80(name: ConstantName, rounding: number): F80 {
  if (name === 'one') return one80();
  if (name === 'zero') return zero80(false);
  const { se, m, nearestUp } = IRRATIONAL[name];
  const up = rounding === Rc.up || (rounding === Rc.nearest && nearestUp);
  return { se, m: up ? m + 1n : m };
}

const CLASS: Readonly<Record<KindOf, number>> = {
  [Kind.unsupported]: 0,
  [Kind.quiet]: Sw.C0,
  [Kind.signaling]: Sw.C0,
  [Kind.normal]: Sw.C2,
  [Kind.infinity]: Sw.C2 | Sw.C0,
  [Kind.zero]: Sw.C3,
  [Kind.denormal]: Sw.C3 | Sw.C2,
};
/** All four condition bits of FXAM. */
export const examine = (value: F80, empty: boolean): number =>
  (isNegative(value) ? Sw.C1 : 0) | (empty ? Sw.C3 | Sw.C0 : CLASS[kindOf(value)]);
