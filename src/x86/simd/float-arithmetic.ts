// Scalar and packed ADD, SUB, MUL, DIV, MIN, MAX and SQRT, for what the emitted fast path leaves.
import type { Run } from './context';
import { getLane, keepSource1, putLane } from './context';
import { compute, type FloatOperation } from './float/arithmetic';
import { BINARY32, BINARY64, type Format } from './float/format';
import { floating, storeLanes } from './floating';
import { hostArithmetic } from './host-arithmetic';

const scalar = (operation: FloatOperation, f: Format): Run =>
  floating((c, env) => {
    const result = compute(operation, getLane(c, c.source1, f.bits), getLane(c, c.source2, f.bits), f, env);
    return () => {
      keepSource1(c);
      putLane(c, c.destination, f.bits, result);
    };
  });
const packed = (operation: FloatOperation, f: Format): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let at = 0; at < c.bytes; at += f.bits / 8)
      results.push(compute(operation, getLane(c, c.source1 + at, f.bits), getLane(c, c.source2 + at, f.bits), f, env));
    return storeLanes(c, f.bits, results);
  });

/** Host arithmetic where it is the same, else `exact`. */
const preferHost =
  (operation: FloatOperation, f: Format, isPacked: boolean, exact: Run): Run =>
  (c) => {
    const bytes = f === BINARY64 ? 8 : 4;
    const store = (results: readonly number[]): void => {
      if (!isPacked) keepSource1(c);
      results.forEach((value, i) => {
        if (bytes === 8) c.view.setFloat64(c.destination + i * bytes, value, true);
        else c.view.setFloat32(c.destination + i * bytes, value, true);
      });
    };
    return hostArithmetic(c, operation, bytes, isPacked ? c.bytes / bytes : 1, store) ? undefined : exact(c);
  };

const FLOAT_OPERATIONS: readonly FloatOperation[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'sqrt'];
export const FLOAT_ARITHMETIC = Object.fromEntries(
  FLOAT_OPERATIONS.flatMap((operation) => [
    [`${operation}ss`, preferHost(operation, BINARY32, false, scalar(operation, BINARY32))],
    [`${operation}sd`, preferHost(operation, BINARY64, false, scalar(operation, BINARY64))],
    [`${operation}ps`, preferHost(operation, BINARY32, true, packed(operation, BINARY32))],
    [`${operation}pd`, preferHost(operation, BINARY64, true, packed(operation, BINARY64))],
  ]),
) as Record<`${FloatOperation}${'ss' | 'sd' | 'ps' | 'pd'}`, Run>;
