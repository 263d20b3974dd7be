// ROUNDPS and the like (SDM vol 2 "ROUNDPS", table 4-23 of its immediate).
import type { Run } from './context';
import { getLane, keepSource1, putLane } from './context';
import { BINARY32, BINARY64, type Format, lane } from './float/format';
import { toIntegral } from './float/integral';
import { floating, storeLanes } from './floating';

const scalar = (f: Format): Run =>
  floating((c, env) => {
    const result = lane(env, () => toIntegral(getLane(c, c.source2, f.bits), f, c.immediate, env));
    return () => {
      keepSource1(c);
      putLane(c, c.destination, f.bits, result);
    };
  });
const packed = (f: Format): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let at = 0; at < c.bytes; at += f.bits / 8)
      results.push(lane(env, () => toIntegral(getLane(c, c.source2 + at, f.bits), f, c.immediate, env)));
    return storeLanes(c, f.bits, results);
  });

export const FLOAT_ROUND = {
  roundss: scalar(BINARY32),
  roundsd: scalar(BINARY64),
  roundps: packed(BINARY32),
  roundpd: packed(BINARY64),
} as const satisfies Record<string, Run>;
