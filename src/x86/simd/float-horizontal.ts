// HADD, HSUB, ADDSUB and DPPS, DPPD (SDM vol 2), inside each 128 bits.
import { Vector } from '../fault';
import { getLane, putLane, type Run } from './context';
import { compute } from './float/arithmetic';
import { BINARY32, BINARY64, type FloatEnvironment, type Format } from './float/format';
import { floating, floatingStep, storeLanes } from './floating';

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

/**
 * Immediate bits 7 to 4 choose the products, 3 to 0 the lanes that get their sum, which is made pair by pair: each a step of all lanes whose exceptions count
 * before the next (SDM vol 2 "DPPS": the exceptions of an addition see the rounded products).
 */
const dotProduct =
  (f: Format): Run =>
  (c) => {
    const step = f.bits / 8;
    const offsets = Array.from({ length: c.bytes / step }, (_, i) => i * step);
    const lanes = 16 / step;
    const chosen = (i: number, shift: number): boolean => ((c.immediate >> (shift + (i % lanes))) & 1) === 1;
    const at = (source: number, offset: number): bigint => getLane(c, source + offset, f.bits);
    let sums: bigint[] = [];
    const multiply = (env: FloatEnvironment): void => {
      sums = offsets.map((offset, i) => (chosen(i, 4) ? compute('mul', at(c.source1, offset), at(c.source2, offset), f, env) : 0n));
    };
    const addPairs = (env: FloatEnvironment): void => {
      sums = sums.flatMap((value, i) => (i & 1 ? [] : [compute('add', value, sums[i + 1]!, f, env)]));
    };
    for (const part of [multiply, ...Array.from({ length: Math.log2(lanes) }, () => addPairs)]) if (floatingStep(c, part)) return Vector.XM;
    offsets.forEach((offset, i) => {
      putLane(c, c.destination + offset, f.bits, chosen(i, 0) ? sums[Math.floor(i / lanes)]! : 0n);
    });
    return undefined;
  };

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
