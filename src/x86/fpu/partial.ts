// FPREM, FPREM1, FSCALE, FXTRACT (SDM vol 2).
import { Sw } from './bits';
import {
  BIAS,
  exactOf,
  type F80,
  type FpuEnvironment,
  infinity80,
  isNegative,
  Kind,
  kindOf,
  nanResult,
  nanResult1,
  zero80,
} from './float80';
import { bitLength, round80 } from './round';

const flagDenormals = (env: FpuEnvironment, ...values: readonly F80[]): void => {
  if (values.some((value) => kindOf(value) === Kind.denormal)) env.raise(Sw.DE);
};

export interface Remainder {
  value: F80;
  /** C0, C1, C2, C3: quotient bits, or C2 where the reduction is not complete; nothing where there is no quotient. */
  conditions: number | undefined;
}

const quotientBits = (q: bigint): number => (q & 4n ? Sw.C0 : 0) | (q & 2n ? Sw.C3 : 0) | (q & 1n ? Sw.C1 : 0);

/** `nearest`: FPREM1, whose quotient is rounded to nearest; else truncated. */
export function remainder80(a: F80, b: F80, nearest: boolean, env: FpuEnvironment): Remainder {
  const done = (value: F80, conditions?: number): Remainder => ({ value, conditions });
  const nan = nanResult(a, b, env);
  if (nan) return done(nan);
  const ka = kindOf(a);
  const kb = kindOf(b);
  if (ka === Kind.infinity || kb === Kind.zero) return done(env.invalid());
  flagDenormals(env, a, b);
  if (ka === Kind.zero) return done(a, 0);
  const x = exactOf(a);
  if (kb === Kind.infinity) return done(round80(env, x.negative, x.m, x.e), 0);
  const y = exactOf(b);
  const distance = bitLength(x.m) + x.e - (bitLength(y.m) + y.e);
  const low = Math.min(x.e, y.e);
  if (distance < 64) {
    if (distance < -1) return done(round80(env, x.negative, x.m, x.e), 0);
    const numerator = x.m << BigInt(x.e - low);
    const divisor = y.m << BigInt(y.e - low);
    let q = numerator / divisor;
    let rest = numerator - q * divisor;
    let { negative } = x;
    if (nearest && (rest * 2n > divisor || (rest * 2n === divisor && q & 1n))) {
      q++;
      rest = divisor - rest;
      negative = !negative;
    }
    const value = rest === 0n ? zero80(x.negative) : round80(env, negative, rest, low);
    return { value, conditions: quotientBits(q) };
  }
  // An incomplete step takes 32 to 63 off the exponents' distance, as Intel CPUs do.
  const step = (distance & 31) | 32;
  const numerator = x.m << BigInt(x.e - low);
  const divisor = (y.m << BigInt(y.e - low)) << BigInt(distance - step);
  const rest = numerator % divisor;
  return { value: rest === 0n ? zero80(x.negative) : round80(env, x.negative, rest, low), conditions: Sw.C2 };
}

/** Beyond any exponent. */
const HUGE_SCALE = 0x2_0000;

/** ST(0) times 2 to the power of ST(1) cut to an integer. */
export function scale80(a: F80, b: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(a, b, env);
  if (nan) return nan;
  const ka = kindOf(a);
  const kb = kindOf(b);
  const negative = isNegative(a);
  if (kb === Kind.infinity) {
    if (isNegative(b) ? ka === Kind.infinity : ka === Kind.zero) return env.invalid();
    flagDenormals(env, a, b);
    if (ka === Kind.infinity || ka === Kind.zero) return a;
    return isNegative(b) ? zero80(negative) : infinity80(negative);
  }
  flagDenormals(env, a, b);
  if (ka === Kind.infinity || ka === Kind.zero) return a;
  const x = exactOf(a);
  return round80(env, negative, x.m, x.e + truncated(b));
}
function truncated(value: F80): number {
  const { negative, m, e } = exactOf(value);
  const magnitude = m === 0n || e < -63 ? 0 : e > -46 ? HUGE_SCALE : Number(m >> BigInt(-e));
  return negative ? -magnitude : magnitude;
}

/** Exponent (stays in the register) and significand (pushed). */
export function extract80(a: F80, env: FpuEnvironment): { exponent: F80; significand: F80 } {
  const nan = nanResult1(a, env);
  if (nan) return { exponent: nan, significand: nan };
  const kind = kindOf(a);
  if (kind === Kind.infinity) return { exponent: infinity80(false), significand: a };
  if (kind === Kind.zero) {
    env.raise(Sw.ZE);
    return { exponent: infinity80(true), significand: a };
  }
  flagDenormals(env, a);
  const { m, e } = exactOf(a);
  const n = bitLength(m);
  const exponent = n - 1 + e;
  const magnitude = BigInt(Math.abs(exponent));
  return {
    exponent: exponent === 0 ? zero80(false) : round80(env, exponent < 0, magnitude, 0),
    significand: { se: (a.se & 0x8000) | BIAS, m: m << BigInt(64 - n) },
  };
}
