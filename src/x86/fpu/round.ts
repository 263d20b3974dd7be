// Rounding of exact values to a format, with overflow and underflow in both responses (SDM vol 1 ch. 4.8.4, 4.9.1, 8.5.4 to 8.5.6).
import { Rc, Sw } from './bits';
import { BIAS, type F80, type FpuEnvironment, infinity80, zero80 } from './float80';

export interface Format {
  /** Significand bits, with the integer bit. */
  precision: number;
  emin: number;
  emax: number;
  /** What an unmasked overflow or underflow moves the exponent by, where the destination is a register. */
  wrap: number;
}
const extended = (precision: number): Format => ({ precision, emin: -16382, emax: 16383, wrap: 24576 });
const EXTENDED: Readonly<Record<number, Format>> = { 24: extended(24), 53: extended(53), 64: extended(64) };
export const BINARY32: Format = { precision: 24, emin: -126, emax: 127, wrap: 0 };
export const BINARY64: Format = { precision: 53, emin: -1022, emax: 1023, wrap: 0 };

export function bitLength(value: bigint): number {
  let n = 0;
  let v = value;
  while (v >= 0x1_0000_0000_0000_0000n) {
    v >>= 64n;
    n += 64;
  }
  const high = Number(v >> 32n);
  return high ? n + 64 - Math.clz32(high) : n + 32 - Math.clz32(Number(v));
}

interface Rounded {
  q: bigint;
  inexact: boolean;
  up: boolean;
}
/** Drops low bits of a magnitude. */
export function dropBits(m: bigint, drop: number, negative: boolean, rounding: number): Rounded {
  if (drop <= 0) return { q: m << BigInt(-drop), inexact: false, up: false };
  const away = rounding === (negative ? Rc.down : Rc.up);
  if (drop > bitLength(m) + 1) return { q: away && m !== 0n ? 1n : 0n, inexact: m !== 0n, up: away && m !== 0n };
  const by = BigInt(drop);
  const q = m >> by;
  const rest = m - (q << by);
  if (rest === 0n) return { q, inexact: false, up: false };
  const half = 1n << (by - 1n);
  const up = rounding === Rc.nearest ? rest > half || (rest === half && (q & 1n) === 1n) : away;
  return { q: up ? q + 1n : q, inexact: true, up };
}

/** A rounded magnitude: `q` has the format's bits (fewer: denormal, `exponent` emin); or overflow to infinity. */
export interface Finite {
  q: bigint;
  exponent: number;
  infinite: boolean;
}

/** Massive overflow or underflow (FSCALE): where even the moved exponent is out of range, infinity or zero. */
function massive(env: FpuEnvironment, result: Finite, f: Format): Finite {
  if (f.wrap === 0 || (result.exponent <= f.emax && result.exponent >= f.emin)) return result;
  env.raise(Sw.PE);
  const infinite = result.exponent > f.emax;
  env.roundedUp = infinite;
  return { q: 0n, exponent: f.emin, infinite };
}

/** Rounds m · 2^e, not zero. A set lowest bit may stand for any lost bits below it, as long as two more bits than the precision are there. */
export function roundTo(env: FpuEnvironment, negative: boolean, m: bigint, e: number, f: Format): Finite {
  const n = bitLength(m);
  const first = dropBits(m, n - f.precision, negative, env.rounding);
  let { q } = first;
  let exponent = n - 1 + e;
  if (q >> BigInt(f.precision)) {
    q >>= 1n;
    exponent++;
  }
  if (exponent > f.emax) {
    env.raise(Sw.OE);
    if (!env.isMasked(Sw.OE)) {
      if (first.inexact && f.wrap > 0) env.raise(Sw.PE);
      env.roundedUp = first.up && f.wrap > 0;
      return massive(env, { q, exponent: exponent - f.wrap, infinite: false }, f);
    }
    env.raise(Sw.PE);
    const infinite = env.rounding === Rc.nearest || env.roundsAway(negative);
    env.roundedUp = infinite;
    return { q: (1n << BigInt(f.precision)) - 1n, exponent: f.emax, infinite };
  }
  if (exponent < f.emin) {
    if (!env.isMasked(Sw.UE)) {
      env.raise(first.inexact && f.wrap > 0 ? Sw.UE | Sw.PE : Sw.UE);
      env.roundedUp = first.up && f.wrap > 0;
      return massive(env, { q, exponent: exponent + f.wrap, infinite: false }, f);
    }
    const tiny = dropBits(m, f.emin - f.precision + 1 - e, negative, env.rounding);
    if (tiny.inexact) env.raise(Sw.UE | Sw.PE);
    env.roundedUp = tiny.up;
    return { q: tiny.q, exponent: f.emin, infinite: false };
  }
  if (first.inexact) env.raise(Sw.PE);
  env.roundedUp = first.up;
  return { q, exponent, infinite: false };
}

/** Rounds m · 2^e to a register, with `precision` significant bits. */
export function round80(env: FpuEnvironment, negative: boolean, m: bigint, e: number, precision: number = 64): F80 {
  if (m === 0n) return zero80(negative);
  const r = roundTo(env, negative, m, e, EXTENDED[precision]!);
  if (r.infinite) return infinity80(negative);
  const sign = negative ? 0x8000 : 0;
  const significand = r.q << BigInt(64 - precision);
  const isNormal = significand >> 63n !== 0n;
  return { se: sign | (isNormal ? r.exponent + BIAS : 0), m: significand };
}
