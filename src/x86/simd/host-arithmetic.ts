// Arithmetic on host numbers for what the emitted fast path leaves while the precision flag is clear: the result is the host's, and whether it is inexact follows
// from error-free transformations (Dekker 1971, Knuth vol 2, 4.2.2). Only with MXCSR's default control bits, and numbers far from the formats' limits.
import type { VectorContext } from './context';
import type { FloatOperation } from './float/arithmetic';
import { Mx } from './float/format';

const CONTROL = 0xffc0;
const DEFAULT = 0x1f80;
/** Within this range products, quotients and their errors are normal doubles. */
const SMALL = 2 ** -400;
const LARGE = 2 ** 400;
/** Range of normal singles. */
const SMALLEST_SINGLE = 2 ** -126;
const SPLITTER = 2 ** 27 + 1;

const inRange = (x: number): boolean => x === 0 || (Math.abs(x) >= SMALL && Math.abs(x) <= LARGE);
/** What a + b is more than its rounded sum. */
function sumError(a: number, b: number, sum: number): number {
  const rest = sum - a;
  return a - (sum - rest) + (b - rest);
}
/** What a × b is more than its rounded product. */
function productError(a: number, b: number, product: number): number {
  const wideA = a * SPLITTER;
  const aHigh = wideA - (wideA - a);
  const aLow = a - aHigh;
  const wideB = b * SPLITTER;
  const bHigh = wideB - (wideB - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
const isProduct = (a: number, b: number, of: number): boolean => a * b === of && productError(a, b, of) === 0;

interface Outcome {
  value: number;
  inexact: boolean;
}

/** Undefined: exact arithmetic decides. */
function doubles(operation: FloatOperation, a: number, b: number): Outcome | undefined {
  if (!inRange(b) || (operation !== 'sqrt' && !inRange(a))) return undefined;
  let value: number;
  switch (operation) {
    case 'add':
    case 'sub': {
      const other = operation === 'add' ? b : -b;
      value = a + other;
      return inRange(value) ? { value, inexact: sumError(a, other, value) !== 0 } : undefined;
    }
    case 'mul':
      value = a * b;
      return { value, inexact: value !== 0 && productError(a, b, value) !== 0 };
    case 'div':
      if (b === 0) return undefined;
      value = a / b;
      return { value, inexact: value !== 0 && !isProduct(value, b, a) };
    case 'sqrt':
      if (b < 0) return undefined;
      value = Math.sqrt(b);
      return { value, inexact: value !== 0 && !isProduct(value, value, b) };
    default:
      return undefined;
  }
}
/** Doubles hold sums, products and quotients of singles so closely that rounding them again is right, and products of singles exactly. */
function singles(operation: FloatOperation, a: number, b: number): Outcome | undefined {
  const isNormal = (x: number): boolean => Math.abs(x) >= SMALLEST_SINGLE && Math.abs(x) < Number.POSITIVE_INFINITY;
  if (!(b === 0 || isNormal(b)) || (operation !== 'sqrt' && !(a === 0 || isNormal(a)))) return undefined;
  const wide = doubles(operation, a, b);
  if (!wide) return undefined;
  const value = Math.fround(wide.value);
  if (!(value === 0 ? wide.value === 0 : isNormal(value))) return undefined;
  return { value, inexact: wide.inexact || value !== wide.value };
}

/** True if all lanes of `count` are done, and MXCSR has what they raised; false: nothing is. */
export function hostArithmetic(
  c: VectorContext,
  operation: FloatOperation,
  bytes: 4 | 8,
  count: number,
  store: (results: readonly number[]) => void,
): boolean {
  if ((c.mxcsr & CONTROL) !== DEFAULT) return false;
  const { view } = c;
  const results: number[] = [];
  let inexact = false;
  for (let i = 0; i < count; i++) {
    const [x, y] = [c.source1 + i * bytes, c.source2 + i * bytes];
    const outcome =
      bytes === 8
        ? doubles(operation, view.getFloat64(x, true), view.getFloat64(y, true))
        : singles(operation, view.getFloat32(x, true), view.getFloat32(y, true));
    if (!outcome) return false;
    results.push(outcome.value);
    inexact ||= outcome.inexact;
  }
  if (inexact) c.mxcsr |= Mx.PE;
  store(results);
  return true;
}
