// Between registers and memory formats: single, double, integers, packed decimal (SDM vol 1 ch. 4.2, 4.7, 8.1.2; vol 2 FLD, FST, FILD, FIST, FBLD, FBSTP).
import { Rc, Sw } from './bits';
import {
  BIAS,
  exactOf,
  type F80,
  type FpuEnvironment,
  INTEGER_BIT,
  isNegative,
  Kind,
  kindOf,
  MAX_EXPONENT,
  nanResult1,
  zero80,
} from './float80';
import { BINARY32, BINARY64, bitLength, dropBits, type Format, roundTo } from './round';

const formatOf = (bits: 32 | 64): Format => (bits === 32 ? BINARY32 : BINARY64);

/** A number that is exact as it is, normalised. */
function normalised(negative: boolean, m: bigint, e: number): F80 {
  if (m === 0n) return zero80(negative);
  const n = bitLength(m);
  return { se: (negative ? 0x8000 : 0) | (n - 1 + e + BIAS), m: m << BigInt(64 - n) };
}

/** A single or double as a register would hold it; a signaling NaN stays one: the operation that it is for raises. */
export function widen(value: bigint, bits: 32 | 64, env: FpuEnvironment): F80 {
  const { precision, emin, emax } = formatOf(bits);
  const negative = value >> BigInt(bits - 1) !== 0n;
  const fraction = value & ((1n << BigInt(precision - 1)) - 1n);
  const exponent = Number((value >> BigInt(precision - 1)) & ((1n << BigInt(bits - precision)) - 1n));
  if (exponent === emax * 2 + 1) {
    const m = INTEGER_BIT | (fraction << BigInt(64 - precision));
    return { se: (negative ? 0x8000 : 0) | MAX_EXPONENT, m };
  }
  if (exponent === 0) {
    env.memoryDenormal = fraction !== 0n;
    return normalised(negative, fraction, emin - precision + 1);
  }
  return normalised(negative, fraction | (1n << BigInt(precision - 1)), exponent - emax - precision + 1);
}

/** FST m32, m64. */
export function toBinary(value: F80, bits: 32 | 64, env: FpuEnvironment): bigint {
  const f = formatOf(bits);
  const fractionBits = BigInt(f.precision - 1);
  const sign = isNegative(value) ? 1n << BigInt(bits - 1) : 0n;
  const infinity = ((1n << BigInt(bits - f.precision)) - 1n) << fractionBits;
  const nan = nanResult1(value, env);
  if (nan) {
    const nanSign = isNegative(nan) ? 1n << BigInt(bits - 1) : 0n;
    return nanSign | infinity | ((nan.m & (INTEGER_BIT - 1n)) >> BigInt(64 - f.precision));
  }
  const kind = kindOf(value);
  if (kind === Kind.infinity) return sign | infinity;
  if (kind === Kind.zero) return sign;
  const { negative, m, e } = exactOf(value);
  const r = roundTo(env, negative, m, e, f);
  if (r.infinite) return sign | infinity;
  if (r.q >> fractionBits === 0n) return sign | r.q;
  return sign | (BigInt(r.exponent + f.emax) << fractionBits) | (r.q & ((1n << fractionBits) - 1n));
}

/** FLD m32, m64. */
export function fromBinary(value: bigint, bits: 32 | 64, env: FpuEnvironment): F80 {
  const wide = widen(value, bits, env);
  if (env.memoryDenormal) env.raise(Sw.DE);
  return nanResult1(wide, env) ?? wide;
}

export function fromInteger80(value: bigint): F80 {
  return normalised(value < 0n, value < 0n ? -value : value, 0);
}

/** A finite number rounded to an integer magnitude. */
function integerMagnitude(value: F80, rounding: number): { q: bigint; inexact: boolean; up: boolean; negative: boolean } {
  const { negative, m, e } = exactOf(value);
  // Far above any integer format.
  if (e > 70) return { q: m << 70n, inexact: false, up: false, negative };
  return { ...dropBits(m, -e, negative, rounding), negative };
}

/** FIST, FISTP, FISTTP: the integer as two's complement; out of range or not a number: integer indefinite. */
export function toInteger80(value: F80, bits: 16 | 32 | 64, truncate: boolean, env: FpuEnvironment): bigint {
  const limit = 1n << BigInt(bits - 1);
  if (kindOf(value) >= Kind.infinity) {
    env.raise(Sw.IE);
    return limit;
  }
  const { q, inexact, up, negative } = integerMagnitude(value, truncate ? Rc.chop : env.rounding);
  if (negative ? q > limit : q >= limit) {
    env.raise(Sw.IE);
    return limit;
  }
  if (inexact) env.raise(Sw.PE);
  env.roundedUp = up;
  return BigInt.asUintN(bits, negative ? -q : q);
}

const DECIMAL_LIMIT = 1_000_000_000_000_000_000n;
export const DECIMAL_INDEFINITE = 0xffff_c000_0000_0000_0000n;

/** FBLD: 18 digits, sign in the last byte. Bits that mean nothing are ignored, digits above 9 count as they are. */
export function fromDecimal(value: bigint): F80 {
  let magnitude = 0n;
  for (let digit = 17; digit >= 0; digit--) magnitude = magnitude * 10n + ((value >> BigInt(digit * 4)) & 15n);
  return normalised(value >> 79n !== 0n, magnitude, 0);
}
/** FBSTP. */
export function toDecimal(value: F80, env: FpuEnvironment): bigint {
  if (kindOf(value) >= Kind.infinity) {
    env.raise(Sw.IE);
    return DECIMAL_INDEFINITE;
  }
  const { q, inexact, up, negative } = integerMagnitude(value, env.rounding);
  if (q >= DECIMAL_LIMIT) {
    env.raise(Sw.IE);
    return DECIMAL_INDEFINITE;
  }
  if (inexact) env.raise(Sw.PE);
  env.roundedUp = up;
  return (negative ? 1n << 79n : 0n) | BigInt(`0x${q.toString(10)}`);
}

/** FRNDINT. */
export function roundToInteger(value: F80, env: FpuEnvironment): F80 {
  const nan = nanResult1(value, env);
  if (nan) return nan;
  const kind = kindOf(value);
  if (kind === Kind.zero || kind === Kind.infinity) return value;
  if (kind === Kind.denormal) env.raise(Sw.DE);
  if (exactOf(value).e >= 0) return value;
  const { q, inexact, up, negative } = integerMagnitude(value, env.rounding);
  if (inexact) env.raise(Sw.PE);
  env.roundedUp = up;
  return normalised(negative, q, 0);
}
