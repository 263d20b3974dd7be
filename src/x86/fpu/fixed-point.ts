// Elementary functions in fixed point of 256 bits: what the transcendental instructions are made from. Every series stops below the last bit.
import { integerSqrt } from './arithmetic';

/** Bits behind the point. */
export const POINT = 256;
const P = BigInt(POINT);
export const ONE = 1n << P;

const times = (a: bigint, b: bigint): bigint => (a * b) >> P;

/** Sum of x^k / ((first+1)(first+2)…) with each term's divisor from `divisor(k)`; x signed. */
function series(first: bigint, step: (term: bigint, k: bigint) => bigint): bigint {
  let sum = first;
  let term = first;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = step(term, k);
    sum += term;
  }
  return sum;
}

/** (e^y − 1) / y for |y| below 1. */
export const expRatio = (y: bigint): bigint => series(ONE, (term, k) => times(term, y) / (k + 1n));
/** Of arguments that are not 0 the ratios below are less than 1, also where that is not seen in 256 bits: directed rounding tells it from 1. */
const belowOne = (ratio: bigint): bigint => (ratio < ONE ? ratio : ONE - 1n);

/** sin(r) / r by r². */
export const sineRatio = (square: bigint): bigint => belowOne(series(ONE, (term, k) => -times(term, square) / (2n * k * (2n * k + 1n))));
/** cos(r) by r². */
export const cosine = (square: bigint): bigint => belowOne(series(ONE, (term, k) => -times(term, square) / ((2n * k - 1n) * 2n * k)));

/** Σ (±z²)^k / (2k+1): atanh(z)/z with `sign` 1, atan(z)/z with −1, for z² well below 1. */
function oddSeries(square: bigint, sign: 1n | -1n): bigint {
  let power = ONE;
  let sum = ONE;
  for (let k = 1n; power !== 0n && power !== -1n; k++) {
    power = times(power, square) * sign;
    sum += power / (2n * k + 1n);
  }
  return sum;
}
export const atanhRatio = (square: bigint): bigint => oddSeries(square, 1n);

const HALVINGS = 4;
/** atan(t) / t for 0 ≤ t ≤ 1 (fixed point): the argument is halved a few times by atan t = 2 atan(t / (1 + √(1 + t²))). */
export function atanRatio(t: bigint): bigint {
  // A tiny argument has too few bits left to be halved, and needs no halving.
  if (t < ONE >> 16n) return belowOne(oddSeries(times(t, t), -1n));
  let z = t;
  for (let i = 0; i < HALVINGS; i++) z = (z << P) / (ONE + integerSqrt((ONE + times(z, z)) << P));
  const angle = times(z, oddSeries(times(z, z), -1n)) << BigInt(HALVINGS);
  return (angle << P) / t;
}

/** ln 2 = 2 atanh(1/3). */
export const LN2 = (2n * atanhRatio(ONE / 9n)) / 3n;
/** π by Machin: 16 atan(1/5) − 4 atan(1/239). */
export const PI = (16n * oddSeries(ONE / 25n, -1n)) / 5n - (4n * oddSeries(ONE / 57121n, -1n)) / 239n;
