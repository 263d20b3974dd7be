// FMA: multiply-add of packed and scalar lanes. The destination is a source too: 132, 213 and 231 say which operands are multiplied and which is added.
import type { Run, VectorContext } from './context';
import { getLane, putLane } from './context';
import { BINARY32, BINARY64, type Format } from './float/format';
import { type Fused, fusedMultiplyAdd } from './float/fused';
import { floating, storeLanes } from './floating';

const ORDERS = ['132', '213', '231'] as const;
type Order = (typeof ORDERS)[number];
const KINDS = {
  fmadd: { negateProduct: false, subtract: false },
  fmsub: { negateProduct: false, subtract: true },
  fnmadd: { negateProduct: true, subtract: false },
  fnmsub: { negateProduct: true, subtract: true },
} as const satisfies Record<string, Fused>;
/** Even lanes subtract and odd ones add, or the other way round. */
const ALTERNATING = { fmaddsub: 1, fmsubadd: 0 } as const;
const FORMATS = { s: BINARY32, d: BINARY64 } as const;

/** Operands 1, 2 and 3 of the manual. */
function laneOperands(c: VectorContext, order: Order, at: number, f: Format): [bigint, bigint, bigint] {
  const one = getLane(c, c.destination + at, f.bits);
  const two = getLane(c, c.source1 + at, f.bits);
  const three = getLane(c, c.source2 + at, f.bits);
  return order === '132' ? [one, three, two] : order === '213' ? [two, one, three] : [two, three, one];
}

const packed = (order: Order, kindOf: (lane: number) => Fused, f: Format): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let at = 0; at < c.bytes; at += f.bits / 8)
      results.push(fusedMultiplyAdd(...laneOperands(c, order, at, f), kindOf(results.length), f, env));
    return storeLanes(c, f.bits, results);
  });
/** The rest of the destination stays. */
const scalar = (order: Order, kind: Fused, f: Format): Run =>
  floating((c, env) => {
    const result = fusedMultiplyAdd(...laneOperands(c, order, 0, f), kind, f, env);
    return () => putLane(c, c.destination, f.bits, result);
  });

type Suffix = keyof typeof FORMATS;
export type FusedOperation = `${keyof typeof KINDS}${Order}${'p' | 's'}${Suffix}` | `${keyof typeof ALTERNATING}${Order}p${Suffix}`;

export const FUSED: Record<FusedOperation, Run> = Object.fromEntries(
  ORDERS.flatMap((order) =>
    Object.entries(FORMATS).flatMap(([suffix, f]) => [
      ...Object.entries(KINDS).flatMap(([name, kind]): [string, Run][] => [
        [`${name}${order}p${suffix}`, packed(order, () => kind, f)],
        [`${name}${order}s${suffix}`, scalar(order, kind, f)],
      ]),
      ...Object.entries(ALTERNATING).map(([name, adds]): [string, Run] => [
        `${name}${order}p${suffix}`,
        packed(order, (lane) => ((lane & 1) === adds ? KINDS.fmadd : KINDS.fmsub), f),
      ]),
    ]),
  ),
) as Record<FusedOperation, Run>;
