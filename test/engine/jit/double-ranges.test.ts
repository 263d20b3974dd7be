// Bounds of results hold for every pair of operands within theirs, tried at their ends.
import assert from 'node:assert/strict';
import { isPositive, isZeroExact, type Operation, type Range, resultRange } from '../../../src/engine/jit/double-ranges';

const LEAST_NORMAL = 2 ** -1022;
const BOUNDS = [-1022, -970, -969, -600, -255, 0, 1, 256, 512, 1022, 1023];

/** Zeros, the ends, and what is next to them. */
function* numbersOf({ low, high, positive }: Range): Generator<number> {
  const ulp = 2 ** -52;
  const ends = [2 ** low, 2 ** low * (1 + ulp), 2 ** high, 2 ** high * (1 - ulp / 2), 2 ** ((low + high) >> 1) * 1.375];
  for (const magnitude of [0, ...ends.filter((end) => end >= 2 ** low && end <= 2 ** high)]) {
    yield magnitude;
    if (!positive) yield -magnitude;
  }
}
function isTrue(operation: Operation, [x, y, r]: readonly number[], found: Range | undefined, exact: boolean, positive: boolean): boolean {
  if (positive && r! < 0) return false;
  if (r === 0 && exact && x !== 0 && y !== 0 && operation !== 'add' && operation !== 'sub') return false;
  if (!found) return true;
  const magnitude = Math.abs(r!);
  const isWithin = magnitude >= 2 ** found.low && magnitude <= 2 ** found.high && magnitude >= LEAST_NORMAL;
  return (r === 0 || isWithin) && (!found.positive || r! >= 0);
}
const compute = (operation: Operation, a: number, b: number): number =>
  ({ add: a + b, sub: a - b, mul: a * b, div: a / b, sqrt: Math.sqrt(b) })[operation];

function* ranges(): Generator<Range> {
  for (const low of BOUNDS) for (const high of BOUNDS) if (low <= high) for (const positive of [false, true]) yield { low, high, positive };
}
const all = [...ranges()];

describe('bounds of doubles', () => {
  for (const operation of ['add', 'sub', 'mul', 'div', 'sqrt'] as const)
    it(operation, () => {
      for (const a of operation === 'sqrt' ? all.slice(0, 1) : all)
        for (const b of all) {
          const found = resultRange(operation, a, b, false);
          const exact = isZeroExact(operation, a, b);
          const positive = isPositive(operation, a, b, false);
          if (!found && !exact && !positive) continue;
          for (const x of numbersOf(a))
            for (const y of numbersOf(b)) {
              const r = compute(operation, x, y);
              if (isTrue(operation, [x, y, r], found, exact, positive)) continue;
              assert.fail(`${operation} ${x} ${y}: ${r}, ${JSON.stringify({ a, b, found, exact, positive })}`);
            }
        }
    });

  it('a square is positive', () => {
    const range = { low: -10, high: 10, positive: false };
    assert.equal(resultRange('mul', range, range, true)?.positive, true);
    assert.equal(resultRange('mul', range, range, false)?.positive, false);
    assert.equal(isPositive('mul', range, range, true), true);
  });
});
