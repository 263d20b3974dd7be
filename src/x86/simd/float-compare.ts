// UCOMIS, COMIS and CMP (SDM vol 2).
import type { Run } from './context';
import { getLane, keepSource1, putLane } from './context';
import { compare } from './float/compare';
import { BINARY32, BINARY64, type Format } from './float/format';
import { floating, storeLanes } from './floating';

/** The destination is a scratch place: it gets the order as RFLAGS bits. */
const ordered = (f: Format, quiet: boolean): Run =>
  floating((c, env) => {
    const order = compare(getLane(c, c.source1, f.bits), getLane(c, c.source2, f.bits), f, quiet, env);
    const flags = order === undefined ? 0x45 : order === 0 ? 0x40 : order < 0 ? 1 : 0;
    return () => c.view.setBigUint64(c.destination, BigInt(flags), true);
  });

/** Order → bit of TRUTH: less, equal, greater, unordered. */
const ordinal = (order: number | undefined): number => (order === undefined ? 3 : order < 0 ? 0 : order === 0 ? 1 : 2);
/** Predicates 0 to 7 (all that SSE has), then 8 to 15: for which orders they hold. */
export const TRUTH = [
  0b0010, 0b0001, 0b0011, 0b1000, 0b1101, 0b1110, 0b1100, 0b0111, 0b1010, 0b1001, 0b1011, 0, 0b0101, 0b0110, 0b0100, 0b1111,
];
/** Predicates that raise IE for quiet NaNs too: bit n is predicate n; 16 to 31 are the other way round. */
const SIGNALLING = 0b0110_0110_0110_0110;

/** SSE has predicates 0 to 7, VEX forms all 32. */
const one = (a: bigint, b: bigint, f: Format, predicate: number, env: Parameters<typeof compare>[4]): bigint => {
  const signalling = ((SIGNALLING >> (predicate & 15)) & 1) !== predicate >> 4;
  const order = compare(a, b, f, !signalling, env);
  return (TRUTH[predicate & 15]! >> ordinal(order)) & 1 ? (1n << BigInt(f.bits)) - 1n : 0n;
};
const scalarMask = (f: Format): Run =>
  floating((c, env) => {
    const result = one(getLane(c, c.source1, f.bits), getLane(c, c.source2, f.bits), f, c.immediate & 31, env);
    return () => {
      keepSource1(c);
      putLane(c, c.destination, f.bits, result);
    };
  });
const packedMask = (f: Format): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let at = 0; at < c.bytes; at += f.bits / 8)
      results.push(one(getLane(c, c.source1 + at, f.bits), getLane(c, c.source2 + at, f.bits), f, c.immediate & 31, env));
    return storeLanes(c, f.bits, results);
  });
/** The legacy form takes three bits of the immediate. */
const legacy =
  (run: Run): Run =>
  (c) => {
    c.immediate &= 7;
    return run(c);
  };

export const FLOAT_COMPARE = {
  ucomiss: ordered(BINARY32, true),
  ucomisd: ordered(BINARY64, true),
  comiss: ordered(BINARY32, false),
  comisd: ordered(BINARY64, false),
  cmpss: legacy(scalarMask(BINARY32)),
  cmpsd: legacy(scalarMask(BINARY64)),
  cmpps: legacy(packedMask(BINARY32)),
  cmppd: legacy(packedMask(BINARY64)),
  vcmpss: scalarMask(BINARY32),
  vcmpsd: scalarMask(BINARY64),
  vcmpps: packedMask(BINARY32),
  vcmppd: packedMask(BINARY64),
} as const satisfies Record<string, Run>;
