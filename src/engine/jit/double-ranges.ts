// What is known of a double without looking at it: bounds of its magnitude, by which host arithmetic raises no exception but precision, and its result is a number
// whose bounds follow.

/** It is a zero, or its magnitude is from 2^low to 2^high. */
export interface Range {
  readonly low: number;
  readonly high: number;
  /** It is not below zero. */
  readonly positive: boolean;
}
export type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

/** Magnitudes of normal numbers that are a power of two. */
const LEAST = -1022;
const MOST = 1023;
/** Places of a fraction: what is left when two numbers cancel is no less than the last of the smaller one. */
const FRACTION = 52;

/** Biased exponents of what most calculations have: products of three of them are normal. */
export const USUAL_FIRST = 0x300;
export const USUAL_COUNT = 0x200;
const BIAS = 1023;
export const usual = (positive: boolean): Range => ({ low: USUAL_FIRST - BIAS, high: USUAL_FIRST + USUAL_COUNT - BIAS, positive });

const within = (range: Range): Range | undefined => (range.low >= LEAST && range.high <= MOST ? range : undefined);

/** Of the result; undefined: it must be looked at. A quotient always must, for its divisor may be zero. `same`: both operands are one. */
export function resultRange(operation: Operation, a: Range, b: Range, same: boolean): Range | undefined {
  switch (operation) {
    case 'sub':
    case 'add': {
      const positive = operation === 'add' && a.positive && b.positive;
      const low = Math.min(a.low, b.low);
      return within({ low: positive ? low : low - FRACTION, high: Math.max(a.high, b.high) + 1, positive });
    }
    case 'mul':
      return within({ low: a.low + b.low, high: a.high + b.high, positive: same || (a.positive && b.positive) });
    case 'sqrt':
      return b.positive ? { low: Math.floor(b.low / 2), high: Math.ceil(b.high / 2), positive: true } : undefined;
    default:
      return undefined;
  }
}
/** The result is positive if it is a number at all. */
export const isPositive = (operation: Operation, a: Range, b: Range, same: boolean): boolean =>
  operation === 'sqrt' || (operation === 'mul' && same) || (operation !== 'sub' && a.positive && b.positive);

/** A result of zero is exact whatever the operands are. */
export function isZeroExact(operation: Operation, a: Range, b: Range): boolean {
  if (operation === 'mul') return a.low + b.low >= LEAST;
  return operation !== 'div' || a.low - b.high >= LEAST;
}
