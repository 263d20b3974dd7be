// HADD, HSUB, ADDSUB and DPPS, DPPD (SDM vol 2), inside each 128 bits.
import type { Run } from './context';
import { getLane } from './context';
import { compute } from './float/arithmetic';
import { BINARY32, BINARY64, type FloatEnvironment, type Format } from './float/format';
import { floating, storeLanes } from './floating';

/** Neighbours of source 1, then those of source 2. */
const horizontal = (operation: 'add' | 'sub', f: Format): Run =>
  floating((c, env) => {
    const step = f.bits / 8;
    const results: bigint[] = [];
    for (let base = 0; base < c.bytes; base += 16)
      for (const source of [c.source1, c.source2])
        for (let at = base; at < base + 16; at += 2 * step)
          results.push(compute(operation, getLane(c, source + at, f.bits), getLane(c, source + at + step, f.bits), f, env));
    return storeLanes(c, f.bits, results);
  });
/** Even lanes subtracted, odd ones added. */
const alternate = (f: Format): Run =>
  floating((c, env) => {
    const step = f.bits / 8;
    const results: bigint[] = [];
    for (let at = 0; at < c.bytes; at += step) {
      const operation = (at / step) & 1 ? 'add' : 'sub';
      results.push(compute(operation, getLane(c, c.source1 + at, f.bits), getLane(c, c.source2 + at, f.bits), f, env));
    }
    return storeLanes(c, f.bits, results);
  });

/** Immediate bits 7 to 4 choose the products, 3 to 0 the lanes that get their sum, which is made pair by pair. */
function dot(source1: readonly bigint[], source2: readonly bigint[], immediate: number, f: Format, env: FloatEnvironment): bigint[] {
  const products = source1.map((a, i) => ((immediate >> (4 + i)) & 1 ? compute('mul', a, source2[i]!, f, env) : 0n));
  let sums = products;
  while (sums.length > 1) sums = sums.filter((_, i) => i % 2 === 0).map((a, i) => compute('add', a, sums[i * 2 + 1]!, f, env));
  return source1.map((_, i) => ((immediate >> i) & 1 ? sums[0]! : 0n));
}
const dotProduct = (f: Format): Run =>
  floating((c, env) => {
    const step = f.bits / 8;
    const lanes = (source: number, base: number): bigint[] =>
      Array.from({ length: 16 / step }, (_, i) => getLane(c, source + base + i * step, f.bits));
    const results: bigint[] = [];
    for (let base = 0; base < c.bytes; base += 16)
      results.push(...dot(lanes(c.source1, base), lanes(c.source2, base), c.immediate, f, env));
    return storeLanes(c, f.bits, results);
  });

export const FLOAT_HORIZONTAL = {
  haddps: horizontal('add', BINARY32),
  haddpd: horizontal('add', BINARY64),
  hsubps: horizontal('sub', BINARY32),
  hsubpd: horizontal('sub', BINARY64),
  addsubps: alternate(BINARY32),
  addsubpd: alternate(BINARY64),
  dpps: dotProduct(BINARY32),
  dppd: dotProduct(BINARY64),
} as const satisfies Record<string, Run>;
