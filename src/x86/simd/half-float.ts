// F16C: conversions between half and single precision (SDM vol 1, 14.4; vol 2 "VCVTPH2PS", "VCVTPS2PH").
import type { Run } from './context';
import { getLane } from './context';
import { convert } from './float/convert';
import { BINARY32, FloatEnvironment, type Format, lane, Mx } from './float/format';
import { floating, storeLanes } from './floating';

const BINARY16: Format = { bits: 16, fraction: 10, bias: 15 };

/** Denormals are no matter here: neither DAZ nor DE. */
function widen(value: bigint, env: FloatEnvironment): bigint {
  const own = new FloatEnvironment(env.mxcsr & ~Mx.DAZ);
  const result = convert(value, BINARY16, BINARY32, own);
  env.raised |= own.raised & ~Mx.DE;
  return result;
}
/** The immediate's low bits are the rounding mode where its bit 2 is clear; FTZ is no matter. */
function narrow(value: bigint, immediate: number, env: FloatEnvironment): bigint {
  const mxcsr = immediate & 4 ? env.mxcsr : (env.mxcsr & ~Mx.RC) | ((immediate & 3) << 13);
  const own = new FloatEnvironment(mxcsr & ~Mx.FZ);
  const result = convert(value, BINARY32, BINARY16, own);
  env.raised |= own.raised;
  return result;
}

export const HALF_FLOAT = {
  cvtph2ps: floating((c, env) => {
    const results: bigint[] = [];
    for (let i = 0; i < c.bytes / 4; i++) {
      const value = BigInt(c.view.getUint16(c.source2 + i * 2, true));
      results.push(lane(env, () => widen(value, env)));
    }
    return storeLanes(c, 32, results);
  }),
  cvtps2ph: floating((c, env) => {
    const results: bigint[] = [];
    for (let i = 0; i < c.bytes / 4; i++) results.push(lane(env, () => narrow(getLane(c, c.source2 + i * 4, 32), c.immediate, env)));
    return () =>
      results.forEach((value, i) => {
        c.view.setUint16(c.destination + i * 2, Number(value), true);
      });
  }),
} as const satisfies Record<string, Run>;
