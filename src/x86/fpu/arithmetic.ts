// FADD, FSUB, FMUL, FDIV, FSQRT and comparison on 80-bit operands (SDM vol 2; special operands by the tables there).
import { Rc, Sw } from './bits';
import {
  exactOf,
  type F80,
  type FpuEnvironment,
  flagDenormals,
  infinity80,
  isNegative,
  Kind,
  kindOf,
  nanResult,
  nanResult1,
  zero80,
} from './float80';
import { bitLength, round80 } from './round';

export const negate = (a: F80): F80 => ({ se: a.se ^ 0x8000, m: a.m });

/** Exponents farther apart than this: the smaller operand is only a sticky bit. */
const FAR = 70;

/** Sum of two finite numbers, not both zero, exact up to the meaning of its lowest bit. */
function sum(a: F80, b: F80): { signed: bigint; e: number } {
  let x = exactOf(a);
  let y = exactOf(b);
  if (x.m === 0n || (y.m !== 0n && x.e < y.e)) [x, y] = [y, x];
  const signed = (negative: boolean, m: bigint): bigint => (negative ? -m : m);
  if (y.m === 0n) return { signed: signed(x.negative, x.m), e: x.e };
  const distance = x.e - y.e;
  if (distance > FAR) return { signed: signed(x.negative, x.m << BigInt(FAR)) + signed(y.negative, 1n), e: x.e - FAR };
  return { signed: signed(x.negative, x.m << BigInt(distance)) + signed(y.negative, y.m), e: y.e };
}

export function add80(a: F80, b: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(a, b, env);
  if (nan) return nan;
  const ka = kindOf(a);
  const kb = kindOf(b);
  if (ka === Kind.infinity && kb === Kind.infinity) return isNegative(a) === isNegative(b) ? a : env.invalid();
  flagDenormals(env, ka, kb);
  if (ka === Kind.infinity) return a;
  if (kb === Kind.infinity) return b;
  const cancelled = env.rounding === Rc.down;
  if (ka === Kind.zero && kb === Kind.zero) return isNegative(a) === isNegative(b) ? a : zero80(cancelled);
  const { signed, e } = sum(a, b);
  if (signed === 0n) return zero80(cancelled);
  return round80(env, signed < 0n, signed < 0n ? -signed : signed, e, env.precision);
}
/** The sign of a NaN is not changed. */
export function sub80(a: F80, b: F80, env: FpuEnvironment): F80 {
  return nanResult(a, b, env) ?? add80(a, negate(b), env);
}

export function mul80(a: F80, b: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(a, b, env);
  if (nan) return nan;
  const ka = kindOf(a);
  const kb = kindOf(b);
  const negative = isNegative(a) !== isNegative(b);
  if (ka === Kind.infinity || kb === Kind.infinity) {
    if (ka === Kind.zero || kb === Kind.zero) return env.invalid();
    flagDenormals(env, ka, kb);
    return infinity80(negative);
  }
  flagDenormals(env, ka, kb);
  if (ka === Kind.zero || kb === Kind.zero) return zero80(negative);
  const x = exactOf(a);
  const y = exactOf(b);
  return round80(env, negative, x.m * y.m, x.e + y.e, env.precision);
}

/** m · 2^e quotient with a sticky lowest bit and `bits` or more significant ones. */
export function quotient(x: bigint, y: bigint, bits: number): { m: bigint; shift: number } {
  const shift = Math.max(bits + bitLength(y) - bitLength(x), 0);
  const numerator = x << BigInt(shift);
  const q = numerator / y;
  const sticky = q * y !== numerator;
  return { m: (q << 1n) | (sticky ? 1n : 0n), shift: shift + 1 };
}

export function div80(a: F80, b: F80, env: FpuEnvironment): F80 {
  const nan = nanResult(a, b, env);
  if (nan) return nan;
  const ka = kindOf(a);
  const kb = kindOf(b);
  const negative = isNegative(a) !== isNegative(b);
  if (ka === Kind.infinity) {
    if (kb === Kind.infinity) return env.invalid();
    flagDenormals(env, ka, kb);
    return infinity80(negative);
  }
  if (kb === Kind.zero) {
    if (ka === Kind.zero) return env.invalid();
    env.raise(Sw.ZE);
    return infinity80(negative);
  }
  flagDenormals(env, ka, kb);
  if (kb === Kind.infinity || ka === Kind.zero) return zero80(negative);
  const x = exactOf(a);
  const y = exactOf(b);
  const { m, shift } = quotient(x.m, y.m, 67);
  return round80(env, negative, m, x.e - y.e - shift, env.precision);
}

/** Largest integer whose square is not above `value` (Newton). */
export function integerSqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

export function sqrt80(a: F80, env: FpuEnvironment): F80 {
  const nan = nanResult1(a, env);
  if (nan) return nan;
  const kind = kindOf(a);
  if (kind === Kind.zero) return a;
  if (isNegative(a)) return env.invalid();
  if (kind === Kind.infinity) return a;
  flagDenormals(env, kind, kind);
  const x = exactOf(a);
  // At least 67 bits of root, and an even exponent.
  let shift = Math.max(136 - bitLength(x.m), 0);
  if ((x.e - shift) & 1) shift++;
  const value = x.m << BigInt(shift);
  const root = integerSqrt(value);
  const sticky = root * root !== value;
  return round80(env, false, (root << 1n) | (sticky ? 1n : 0n), (x.e - shift) / 2 - 1, env.precision);
}

/** C3, C2, C0 of a comparison. `quiet`: quiet NaNs raise nothing. */
export function compare80(a: F80, b: F80, quiet: boolean, env: FpuEnvironment): number {
  const ka = kindOf(a);
  const kb = kindOf(b);
  if (ka >= Kind.quiet || kb >= Kind.quiet) {
    if (!quiet || ka > Kind.quiet || kb > Kind.quiet) env.raise(Sw.IE);
    return Sw.C0 | Sw.C2 | Sw.C3;
  }
  flagDenormals(env, ka, kb);
  if (ka === Kind.zero && kb === Kind.zero) return Sw.C3;
  const order = orderOf(a, b);
  return order === 0 ? Sw.C3 : order < 0 ? Sw.C0 : 0;
}
function orderOf(a: F80, b: F80): number {
  const negative = isNegative(a);
  if (negative !== isNegative(b)) return negative ? -1 : 1;
  // A pseudo-denormal has the value of exponent 1.
  const ea = Math.max(a.se & 0x7fff, 1);
  const eb = Math.max(b.se & 0x7fff, 1);
  const magnitude = ea !== eb && a.m !== 0n && b.m !== 0n ? ea - eb : a.m === b.m ? 0 : a.m < b.m ? -1 : 1;
  return negative ? -magnitude : magnitude;
}
