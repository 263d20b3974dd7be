// Conversions between formats and from and to integers (SDM vol 2 "CVT…").
import type { Run } from './context';
import { getLane, keepSource1, putLane } from './context';
import { convert, fromInteger, toInteger } from './float/convert';
import { BINARY32, BINARY64, type FloatEnvironment, type Format, lane } from './float/format';
import { floating } from './floating';

/** The destination is a general register's slot: 32-bit results clear its upper half. */
const toGeneral = (f: Format, bits: 32 | 64, truncate: boolean): Run =>
  floating((c, env) => {
    const result = toInteger(getLane(c, c.source2, f.bits), f, bits, truncate, env);
    return () => c.view.setBigUint64(c.destination, result, true);
  });
const fromGeneral = (f: Format, bits: 32 | 64): Run =>
  floating((c, env) => {
    const result = fromInteger(BigInt.asIntN(bits, getLane(c, c.source2, bits)), f, env);
    return () => {
      keepSource1(c);
      putLane(c, c.destination, f.bits, result);
    };
  });
const convertScalar = (from: Format, to: Format): Run =>
  floating((c, env) => {
    const result = convert(getLane(c, c.source2, from.bits), from, to, env);
    return () => {
      keepSource1(c);
      putLane(c, c.destination, to.bits, result);
    };
  });
/** As many lanes as the wider of both formats has in `bytes`; what a narrower result leaves of 128 bits is cleared. */
const convertPacked = (fromBits: number, toBits: number, one: (value: bigint, env: FloatEnvironment) => bigint): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let i = 0; i < (c.bytes * 8) / Math.max(fromBits, toBits); i++)
      results.push(lane(env, () => one(getLane(c, c.source2 + (i * fromBits) / 8, fromBits), env)));
    return () => {
      if (toBits < fromBits) c.view.setBigUint64(c.destination + 8, 0n, true);
      results.forEach((value, i) => {
        putLane(c, c.destination + (i * toBits) / 8, toBits, value);
      });
    };
  });

export const FLOAT_CONVERT = {
  cvtss2si32: toGeneral(BINARY32, 32, false),
  cvtss2si64: toGeneral(BINARY32, 64, false),
  cvtsd2si32: toGeneral(BINARY64, 32, false),
  cvtsd2si64: toGeneral(BINARY64, 64, false),
  cvttss2si32: toGeneral(BINARY32, 32, true),
  cvttss2si64: toGeneral(BINARY32, 64, true),
  cvttsd2si32: toGeneral(BINARY64, 32, true),
  cvttsd2si64: toGeneral(BINARY64, 64, true),
  cvtsi2ss32: fromGeneral(BINARY32, 32),
  cvtsi2ss64: fromGeneral(BINARY32, 64),
  cvtsi2sd32: fromGeneral(BINARY64, 32),
  cvtsi2sd64: fromGeneral(BINARY64, 64),
  cvtss2sd: convertScalar(BINARY32, BINARY64),
  cvtsd2ss: convertScalar(BINARY64, BINARY32),
  cvtps2pd: convertPacked(32, 64, (v, env) => convert(v, BINARY32, BINARY64, env)),
  cvtpd2ps: convertPacked(64, 32, (v, env) => convert(v, BINARY64, BINARY32, env)),
  cvtdq2ps: convertPacked(32, 32, (v, env) => fromInteger(BigInt.asIntN(32, v), BINARY32, env)),
  cvtps2dq: convertPacked(32, 32, (v, env) => toInteger(v, BINARY32, 32, false, env)),
  cvttps2dq: convertPacked(32, 32, (v, env) => toInteger(v, BINARY32, 32, true, env)),
  cvtpd2dq: convertPacked(64, 32, (v, env) => toInteger(v, BINARY64, 32, false, env)),
  cvttpd2dq: convertPacked(64, 32, (v, env) => toInteger(v, BINARY64, 32, true, env)),
} as const satisfies Record<string, Run>;
