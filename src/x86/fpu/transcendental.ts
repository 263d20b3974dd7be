// FSIN, FCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1: correctly rounded results of 256-bit arithmetic (SDM vol 1 ch. 8.3.8 to 8.3.10; vol 2 for special operands).
//
// Arguments of the trigonometric ones are reduced by the 66-bit π of Intel processors (SDM vol 1 ch. 8.3.8), exactly.
import { quotient } from './arithmetic';
import { Sw } from './bits';
import { atanhRatio, atanRatio, cosine, expRatio, LN2, ONE, PI, POINT, sineRatio } from './fixed-point';
import {
  type Exact,
  exactOf,
  type F80,
  type FpuEnvironment,
  infinity80,
  isNegative,
  Kind,
  kindOf,
  nanResult,
  nanResult1,
  one80,
  zero80,
} from './float80';
import { bitLength, round80 } from './round';

/** 66 bits of π, scaled by 2^66 (two zero bits below). */
const PI66 = 0xc90f_daa2_2168_c234_cn;
const PI66_POINT = 66;
/** Wide enough for any quotient that is rounded or goes into fixed point. */
const QUOTIENT_BITS = POINT + 8;

/** m · 2^e in fixed point, cut. */
const fixed = (m: bigint, e: number): bigint => {
  const shift = POINT + e;
  return shift >= 0 ? m << BigInt(shift) : m >> BigInt(-shift);
};
/** The result is irrational: its lowest bit stands for all that is lost. */
const rounded = (env: FpuEnvironment, negative: boolean, m: bigint, e: number): F80 => round80(env, negative, (m << 1n) | 1n, e - 1);

const flagDenormal = (env: FpuEnvironment, ...values: readonly F80[]): void => {
  if (values.some((value) => kindOf(value) === Kind.denormal)) env.raise(Sw.DE);
};

/** 2^63 and above, infinity excluded: C2, and nothing is done. */
export const isOutOfRange = (a: F80): boolean => kindOf(a) === Kind.normal && (a.se & 0x7fff) >= 0x3fff + 63;

interface Reduced {
  /** Remainder in −π/4 … π/4, and the multiple of π/2 modulo 4. */
  rest: Exact;
  quadrant: number;
}
function reduce({ m, e }: Exact): Reduced {
  if (bitLength(m) + e < 0) return { rest: { negative: false, m, e }, quadrant: 0 };
  // A unit so small that all bits of both are whole.
  const point = Math.max(PI66_POINT + 2, -e);
  const x = m << BigInt(e + point);
  const half = PI66 << BigInt(point - PI66_POINT - 1);
  const k = (x + half / 2n) / half;
  const rest = x - k * half;
  return { rest: { negative: rest < 0n, m: rest < 0n ? -rest : rest, e: -point }, quadrant: Number(k & 3n) };
}

/** Sine and cosine of |a|, as numbers with a sign, not rounded. */
function sineAndCosine(a: F80): { sine: Exact; cosine: Exact } {
  const { rest, quadrant } = reduce(exactOf(a));
  const r = fixed(rest.m, rest.e);
  const square = (r * r) >> BigInt(POINT);
  const sine: Exact = { negative: rest.negative, m: rest.m * sineRatio(square), e: rest.e - POINT };
  const cos: Exact = { negative: false, m: cosine(square), e: -POINT };
  const turned = quadrant & 1 ? { sine: cos, cosine: { ...sine, negative: !sine.negative } } : { sine, cosine: cos };
  if (!(quadrant & 2)) return turned;
  return {
    sine: { ...turned.sine, negative: !turned.sine.negative },
    cosine: { ...turned.cosine, negative: !turned.cosine.negative },
  };
}

/** Special operands of FSIN, FCOS, FSINCOS and FPTAN. */
function trigonometricSpecial(a: F80, atZero: F80, env: FpuEnvironment): F80 | undefined {
  const nan = nanResult1(a, env);
  if (nan) return nan;
  const kind = kindOf(a);
  if (kind === Kind.infinity) return env.invalid();
  if (kind === Kind.zero) return atZero;
  if (kind === Kind.denormal) env.raise(Sw.DE);
  return undefined;
}

export function sin80(a: F80, env: FpuEnvironment): F80 {
  const special = trigonometricSpecial(a, a, env);
  if (special) return special;
  const { sine } = sineAndCosine(a);
  return rounded(env, sine.negative !== isNegative(a), sine.m, sine.e);
}
export function cos80(a: F80, env: FpuEnvironment): F80 {
  const special = trigonometricSpecial(a, one80(), env);
  if (special) return special;
  const { cosine: c } = sineAndCosine(a);
  return rounded(env, c.negative, c.m, c.e);
}
export function tan80(a: F80, env: FpuEnvironment): F80 {
  const special = trigonometricSpecial(a, a, env);
  if (special) return special;
  const { sine, cosine: c } = sineAndCosine(a);
  const { m, shift } = quotient(sine.m, c.m, QUOTIENT_BITS);
  return rounded(env, (sine.negative !== c.negative) !== isNegative(a), m, sine.e - c.e - shift);
}

/** Angle of the point (x, y): `y` is ST(1), `x` ST(0). */
export function atan80(y: F80, x: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(y, x, env);
  if (nan) return nan;
  flagDenormal(env, y, x);
  const ky = kindOf(y);
  const kx = kindOf(x);
  const negative = isNegative(y);
  /** n/4 of π. */
  const quarters = (n: bigint): F80 => (n === 0n ? zero80(negative) : rounded(env, negative, PI * n, -POINT - 2));
  const left = isNegative(x);
  if (ky === Kind.infinity) return quarters(kx === Kind.infinity ? (left ? 3n : 1n) : 2n);
  if (kx === Kind.infinity || ky === Kind.zero) return quarters(left ? 4n : 0n);
  if (kx === Kind.zero) return quarters(2n);
  const dy = exactOf(y);
  const dx = exactOf(x);
  const low = Math.min(dy.e, dx.e);
  const distance = bitLength(dy.m) + dy.e - (bitLength(dx.m) + dx.e);
  // Where one is negligible the exponents' distance would only make numbers long.
  const steep = distance > 0 || (distance === 0 && dy.m << BigInt(dy.e - low) > dx.m << BigInt(dx.e - low));
  const [top, bottom] = steep ? [dx, dy] : [dy, dx];
  const { m, shift } = quotient(top.m, bottom.m, QUOTIENT_BITS);
  const e = top.e - bottom.e - shift;
  const t = fixed(m, e);
  const ratio = atanRatio(t > ONE ? ONE : t);
  // A small angle is rounded relative to its own size.
  if (!steep && !left) return rounded(env, negative, m * ratio, e - POINT);
  const angle = (t * ratio) >> BigInt(POINT);
  const value = steep ? (left ? PI / 2n + angle : PI / 2n - angle) : PI - angle;
  return rounded(env, negative, value, -POINT);
}
/** 2^x − 1. Outside −1 … 1 the manual leaves the result undefined: the operand stays, called inexact. */
export function exp80(a: F80, env: FpuEnvironment): F80 {
  const nan = nanResult1(a, env);
  if (nan) return nan;
  const kind = kindOf(a);
  const negative = isNegative(a);
  if (kind === Kind.infinity) return negative ? one80(true) : a;
  if (kind === Kind.zero) return a;
  flagDenormal(env, a);
  const { m, e } = exactOf(a);
  const exponent = bitLength(m) + e;
  if (exponent > 1 || (exponent === 1 && m & (m - 1n))) {
    env.raise(Sw.PE);
    return a;
  }
  // Exactly 1 and −1.
  if (exponent === 1) return negative ? { se: 0xbffe, m: a.m } : a;
  const product = m * LN2;
  const y = fixed(product, e - POINT);
  return rounded(env, negative, product * expRatio(negative ? -y : y), e - 2 * POINT);
}

/** log2 of a positive number in fixed point or, near 1, relative to its own size. */
function log2({ m, e }: Exact): Exact {
  const n = bitLength(m);
  let k = n - 1 + e;
  // The significand in [√½, √2): half of it if above √2.
  let point = n - 1;
  if (m * m > 1n << BigInt(2 * point + 1)) {
    point++;
    k++;
  }
  const one = 1n << BigInt(point);
  const { m: z, e: ze, negative } = logOfRatio(m - one, m + one);
  if (k === 0) return { negative, m: z, e: ze };
  const sum = (BigInt(k) << BigInt(POINT)) + (negative ? -fixed(z, ze) : fixed(z, ze));
  return { negative: sum < 0n, m: sum < 0n ? -sum : sum, e: -POINT };
}
/** log2((1 + z) / (1 − z)) = 2 atanh(z) / ln 2, with z = numerator / denominator. */
function logOfRatio(numerator: bigint, denominator: bigint): Exact {
  if (numerator === 0n) return { negative: false, m: 0n, e: 0 };
  const negative = numerator < 0n;
  const { m, shift } = quotient(negative ? -numerator : numerator, denominator, QUOTIENT_BITS);
  const z = fixed(m, -shift);
  const ratio = atanhRatio((z * z) >> BigInt(POINT));
  return { negative, m: ((m * ratio * 2n) << BigInt(POINT)) / LN2, e: -shift - POINT };
}

/** y · log2(x): `y` is ST(1), `x` ST(0). */
export function ylog2x(y: F80, x: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(y, x, env);
  if (nan) return nan;
  const ky = kindOf(y);
  const kx = kindOf(x);
  const negative = isNegative(y);
  if (kx !== Kind.zero && isNegative(x)) return env.invalid();
  if (kx === Kind.zero) {
    if (ky === Kind.zero) return env.invalid();
    if (ky === Kind.infinity) return infinity80(!negative);
    env.raise(Sw.ZE);
    return infinity80(!negative);
  }
  const isOne = x.se === 0x3fff && x.m === 1n << 63n;
  const below = x.se < 0x3fff;
  if (kx === Kind.infinity || ky === Kind.infinity) {
    if (ky === Kind.zero || (ky === Kind.infinity && isOne)) return env.invalid();
    flagDenormal(env, y, x);
    return infinity80(negative !== below);
  }
  flagDenormal(env, y, x);
  if (isOne || ky === Kind.zero) return zero80(negative !== below);
  return product(env, exactOf(y), log2(exactOf(x)), (x.m & (x.m - 1n)) === 0n);
}
function product(env: FpuEnvironment, y: Exact, log: Exact, isExact: boolean): F80 {
  const negative = y.negative !== log.negative;
  const m = y.m * log.m;
  return isExact ? round80(env, negative, m, y.e + log.e) : rounded(env, negative, m, y.e + log.e);
}

/** y · log2(x + 1). At x ≤ −1, where the manual leaves the result undefined, it is x, called inexact. */
export function ylog2x1(y: F80, x: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(y, x, env);
  if (nan) return nan;
  const ky = kindOf(y);
  const kx = kindOf(x);
  const negative = isNegative(y) !== isNegative(x);
  if (kx === Kind.infinity) {
    if (isNegative(x) || ky === Kind.zero) return env.invalid();
    flagDenormal(env, y);
    return infinity80(negative);
  }
  if (ky === Kind.infinity) {
    if (kx === Kind.zero) return env.invalid();
    flagDenormal(env, x);
    return infinity80(negative);
  }
  flagDenormal(env, y, x);
  if (kx === Kind.zero || ky === Kind.zero) return zero80(negative);
  const dx = exactOf(x);
  const one = bitLength(dx.m) + dx.e;
  if (dx.negative && one >= 1) {
    env.raise(Sw.PE);
    return x;
  }
  if (one <= -2) {
    // z = x / (2 + x), with the 2 as wide as it must be and no wider.
    const signed = dx.negative ? -dx.m : dx.m;
    const cut = Math.max(-dx.e - 2 * POINT, 0);
    const denominator = (1n << BigInt(1 - dx.e - cut)) + (signed >> BigInt(cut));
    const { m, shift } = quotient(dx.m, denominator, QUOTIENT_BITS);
    const z = fixed(m, -shift - cut);
    const ratio = atanhRatio((z * z) >> BigInt(POINT));
    const log: Exact = { negative: dx.negative, m: ((m * ratio * 2n) << BigInt(POINT)) / LN2, e: -shift - cut - POINT };
    return product(env, exactOf(y), log, false);
  }
  const low = Math.min(dx.e, 0);
  const whole = (1n << BigInt(-low)) + (dx.negative ? -(dx.m << BigInt(dx.e - low)) : dx.m << BigInt(dx.e - low));
  const isPower = (whole & (whole - 1n)) === 0n;
  return product(env, exactOf(y), log2({ negative: false, m: whole, e: low }), isPower);
}
