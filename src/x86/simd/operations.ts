// Operations on XMM registers that TypeScript runs: scalar and packed floating point (exact), shuffles, packing and the rarer integer ones (SDM vol 2).
import { Vector } from '../fault';
import {
  BINARY32,
  BINARY64,
  compare,
  compute,
  convert,
  FloatEnvironment,
  type FloatOperation,
  type Format,
  fromInteger,
  Mx,
  toInteger,
} from './soft-float';

export interface VectorContext {
  view: DataView;
  /** Offsets in memory; the source may be a register or a copy of a memory operand. */
  destination: number;
  source: number;
  immediate: number;
  mxcsr: number;
}
/** Result: undefined, or the vector of the exception that it raises. */
type Run = (c: VectorContext) => number | undefined;

const get = (c: VectorContext, at: number, bits: number): bigint =>
  bits === 64 ? c.view.getBigUint64(at, true) : BigInt(c.view.getUint32(at, true));
const put = (c: VectorContext, at: number, bits: number, value: bigint): void => {
  if (bits === 64) c.view.setBigUint64(at, value, true);
  else c.view.setUint32(at, Number(value), true);
};

/** One lane: exceptions of a lane that a NaN hides do not hide those of another. */
function inLane<T>(env: FloatEnvironment, run: (lane: FloatEnvironment) => T): T {
  const lane = new FloatEnvironment(env.mxcsr);
  const result = run(lane);
  env.raised |= lane.raised;
  return result;
}

/** Runs a floating-point body; unmasked exceptions raise #XM and leave the destination. */
function floating(body: (c: VectorContext, env: FloatEnvironment) => () => void): Run {
  return (c) => {
    const env = new FloatEnvironment(c.mxcsr);
    const store = body(c, env);
    const unmasked = env.raised & ~(c.mxcsr >> 7) & 0x3f;
    // Pre-computation exceptions hide those of the result.
    const early = unmasked & (Mx.IE | Mx.DE | Mx.ZE);
    c.mxcsr |= early ? env.raised & (Mx.IE | Mx.DE | Mx.ZE) : env.raised;
    if (unmasked) return Vector.XM;
    store();
    return undefined;
  };
}

const scalar = (operation: FloatOperation, f: Format): Run =>
  floating((c, env) => {
    const result = compute(operation, get(c, c.destination, f.bits), get(c, c.source, f.bits), f, env);
    return () => put(c, c.destination, f.bits, result);
  });
const packed = (operation: FloatOperation, f: Format): Run =>
  floating((c, env) => {
    const step = f.bits / 8;
    const results: bigint[] = [];
    for (let at = 0; at < 16; at += step)
      results.push(inLane(env, (lane) => compute(operation, get(c, c.destination + at, f.bits), get(c, c.source + at, f.bits), f, lane)));
    return () =>
      results.forEach((value, i) => {
        put(c, c.destination + i * step, f.bits, value);
      });
  });

/** Result of a compare as ZF PF CF bits (UCOMIS, COMIS): written to the destination offset, which is a scratch place. */
const ordered = (f: Format, quiet: boolean): Run =>
  floating((c, env) => {
    const order = compare(get(c, c.destination, f.bits), get(c, c.source, f.bits), f, quiet, env);
    const flags = order === undefined ? 0x45 : order === 0 ? 0x40 : order < 0 ? 1 : 0;
    return () => c.view.setBigUint64(c.immediate, BigInt(flags), true);
  });

const predicate = (order: number | undefined, kind: number): boolean => {
  const truth = [order === 0, order !== undefined && order < 0, order !== undefined && order <= 0, order === undefined][kind & 3]!;
  return kind & 4 ? !truth : truth;
};
const compareMask = (f: Format, lanes: number): Run =>
  floating((c, env) => {
    const step = f.bits / 8;
    const results: bigint[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const kind = c.immediate & 7;
      const quiet = kind === 0 || kind === 3 || kind === 4 || kind === 7;
      const at = lane * step;
      const order = inLane(env, (own) => compare(get(c, c.destination + at, f.bits), get(c, c.source + at, f.bits), f, quiet, own));
      results.push(predicate(order, kind) ? (1n << BigInt(f.bits)) - 1n : 0n);
    }
    return () =>
      results.forEach((value, i) => {
        put(c, c.destination + i * step, f.bits, value);
      });
  });

/** `c.destination` is a general register's slot: 32-bit results clear its upper half. */
const toGeneral = (f: Format, bits: 32 | 64, truncate: boolean): Run =>
  floating((c, env) => {
    const result = toInteger(get(c, c.source, f.bits), f, bits, truncate, env);
    return () => c.view.setBigUint64(c.destination, result, true);
  });
const fromGeneral = (f: Format, bits: 32 | 64): Run =>
  floating((c, env) => {
    const result = fromInteger(BigInt.asIntN(bits, get(c, c.source, bits)), f, env);
    return () => put(c, c.destination, f.bits, result);
  });
const convertScalar = (from: Format, to: Format): Run =>
  floating((c, env) => {
    const result = convert(get(c, c.source, from.bits), from, to, env);
    return () => put(c, c.destination, to.bits, result);
  });
/** Two or four lanes converted; what is left of the destination is cleared. */
const convertPacked = (lanes: number, fromBits: number, toBits: number, one: (value: bigint, env: FloatEnvironment) => bigint): Run =>
  floating((c, env) => {
    const results: bigint[] = [];
    for (let lane = 0; lane < lanes; lane++)
      results.push(inLane(env, (own) => one(get(c, c.source + (lane * fromBits) / 8, fromBits), own)));
    return () => {
      c.view.setBigUint64(c.destination + 8, 0n, true);
      results.forEach((value, i) => {
        put(c, c.destination + (i * toBits) / 8, toBits, value);
      });
    };
  });

/** Integer operations by lanes. */
const lanes =
  (bytes: 1 | 2 | 4 | 8, one: (a: bigint, b: bigint) => bigint): Run =>
  (c) => {
    const bits = bytes * 8;
    const all = (at: number): bigint => c.view.getBigUint64(at, true) | (c.view.getBigUint64(at + 8, true) << 64n);
    const a = all(c.destination);
    const b = all(c.source);
    let result = 0n;
    const mask = (1n << BigInt(bits)) - 1n;
    for (let shift = 0; shift < 128; shift += bits)
      result |= BigInt.asUintN(bits, one((a >> BigInt(shift)) & mask, (b >> BigInt(shift)) & mask)) << BigInt(shift);
    write128(c, result);
    return undefined;
  };
function read128(c: VectorContext, at: number): bigint {
  return c.view.getBigUint64(at, true) | (c.view.getBigUint64(at + 8, true) << 64n);
}
function write128(c: VectorContext, value: bigint): void {
  c.view.setBigUint64(c.destination, BigInt.asUintN(64, value), true);
  c.view.setBigUint64(c.destination + 8, value >> 64n, true);
}
/** The whole 128 bits of both. */
const whole =
  (one: (a: bigint, b: bigint, immediate: number) => bigint): Run =>
  (c) => {
    write128(c, BigInt.asUintN(128, one(read128(c, c.destination), read128(c, c.source), c.immediate)));
    return undefined;
  };
const lane = (value: bigint, index: number, bits: number): bigint => (value >> BigInt(index * bits)) & ((1n << BigInt(bits)) - 1n);
const join = (values: readonly bigint[], bits: number): bigint =>
  values.reduce((all, value, i) => all | (BigInt.asUintN(bits, value) << BigInt(i * bits)), 0n);
const count = (bits: number): number[] => Array.from({ length: 128 / bits }, (_, i) => i);
const unpackLanes = (bits: number, high: boolean) => (a: bigint, b: bigint) =>
  join(
    count(bits).map((i) => lane(i & 1 ? b : a, (i >> 1) + (high ? 64 / bits : 0), bits)),
    bits,
  );
const saturate = (value: bigint, bits: number, signed: boolean): bigint => {
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  return value < low ? low : value > high ? high : value;
};
const pack = (from: number, signed: boolean) => (a: bigint, b: bigint) => {
  const half = 128 / from;
  return join(
    count(from / 2).map((i) => saturate(BigInt.asIntN(from, lane(i < half ? a : b, i % half, from)), from / 2, signed)),
    from / 2,
  );
};
const shiftLanes = (bits: number, kind: 'left' | 'right' | 'arithmetic') => (a: bigint, by: bigint) => {
  const over = by >= BigInt(bits);
  return join(
    count(bits).map((i) => {
      const value = lane(a, i, bits);
      if (kind === 'arithmetic') return BigInt.asIntN(bits, value) >> (over ? BigInt(bits - 1) : by);
      if (over) return 0n;
      return kind === 'left' ? value << by : value >> by;
    }),
    bits,
  );
};
const byRegister = (run: (a: bigint, by: bigint) => bigint): Run => whole((a, b) => run(a, b & 0xffff_ffff_ffff_ffffn));
const byImmediate = (run: (a: bigint, by: bigint) => bigint): Run => whole((a, _b, immediate) => run(a, BigInt(immediate & 0xff)));
const signed = (bits: number) => (value: bigint) => BigInt.asIntN(bits, value);
const s16 = signed(16);

const FLOAT_OPERATIONS: readonly FloatOperation[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'sqrt'];
const floats = Object.fromEntries(
  FLOAT_OPERATIONS.flatMap((operation) => [
    [`${operation}ss`, scalar(operation, BINARY32)],
    [`${operation}sd`, scalar(operation, BINARY64)],
    [`${operation}ps`, packed(operation, BINARY32)],
    [`${operation}pd`, packed(operation, BINARY64)],
  ]),
) as Record<`${FloatOperation}${'ss' | 'sd' | 'ps' | 'pd'}`, Run>;

const OPERATIONS = {
  ...floats,
  ucomiss: ordered(BINARY32, true),
  ucomisd: ordered(BINARY64, true),
  comiss: ordered(BINARY32, false),
  comisd: ordered(BINARY64, false),
  cmpss: compareMask(BINARY32, 1),
  cmpsd: compareMask(BINARY64, 1),
  cmpps: compareMask(BINARY32, 4),
  cmppd: compareMask(BINARY64, 2),
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
  cvtps2pd: convertPacked(2, 32, 64, (v, env) => convert(v, BINARY32, BINARY64, env)),
  cvtpd2ps: convertPacked(2, 64, 32, (v, env) => convert(v, BINARY64, BINARY32, env)),
  cvtdq2ps: convertPacked(4, 32, 32, (v, env) => fromInteger(BigInt.asIntN(32, v), BINARY32, env)),
  cvtdq2pd: convertPacked(2, 32, 64, (v, env) => fromInteger(BigInt.asIntN(32, v), BINARY64, env)),
  cvtps2dq: convertPacked(4, 32, 32, (v, env) => toInteger(v, BINARY32, 32, false, env)),
  cvttps2dq: convertPacked(4, 32, 32, (v, env) => toInteger(v, BINARY32, 32, true, env)),
  cvtpd2dq: convertPacked(2, 64, 32, (v, env) => toInteger(v, BINARY64, 32, false, env)),
  cvttpd2dq: convertPacked(2, 64, 32, (v, env) => toInteger(v, BINARY64, 32, true, env)),
  paddsb: lanes(1, (a, b) => saturate(BigInt.asIntN(8, a) + BigInt.asIntN(8, b), 8, true)),
  paddsw: lanes(2, (a, b) => saturate(s16(a) + s16(b), 16, true)),
  paddusb: lanes(1, (a, b) => saturate(a + b, 8, false)),
  paddusw: lanes(2, (a, b) => saturate(a + b, 16, false)),
  psubsb: lanes(1, (a, b) => saturate(BigInt.asIntN(8, a) - BigInt.asIntN(8, b), 8, true)),
  psubsw: lanes(2, (a, b) => saturate(s16(a) - s16(b), 16, true)),
  psubusb: lanes(1, (a, b) => saturate(a - b, 8, false)),
  psubusw: lanes(2, (a, b) => saturate(a - b, 16, false)),
  pminub: lanes(1, (a, b) => (a < b ? a : b)),
  pmaxub: lanes(1, (a, b) => (a > b ? a : b)),
  pminsw: lanes(2, (a, b) => (s16(a) < s16(b) ? a : b)),
  pmaxsw: lanes(2, (a, b) => (s16(a) > s16(b) ? a : b)),
  pavgb: lanes(1, (a, b) => (a + b + 1n) >> 1n),
  pavgw: lanes(2, (a, b) => (a + b + 1n) >> 1n),
  pmullw: lanes(2, (a, b) => a * b),
  pmulhw: lanes(2, (a, b) => (s16(a) * s16(b)) >> 16n),
  pmulhuw: lanes(2, (a, b) => (a * b) >> 16n),
  pmuludq: lanes(8, (a, b) => (a & 0xffff_ffffn) * (b & 0xffff_ffffn)),
  pmaddwd: lanes(4, (a, b) => s16(a & 0xffffn) * s16(b & 0xffffn) + s16(a >> 16n) * s16(b >> 16n)),
  psadbw: lanes(8, (a, b) => {
    let sum = 0n;
    for (let i = 0; i < 8; i++) {
      const difference = lane(a, i, 8) - lane(b, i, 8);
      sum += difference < 0n ? -difference : difference;
    }
    return sum;
  }),
  punpcklbw: whole(unpackLanes(8, false)),
  punpcklwd: whole(unpackLanes(16, false)),
  punpckldq: whole(unpackLanes(32, false)),
  punpcklqdq: whole(unpackLanes(64, false)),
  punpckhbw: whole(unpackLanes(8, true)),
  punpckhwd: whole(unpackLanes(16, true)),
  punpckhdq: whole(unpackLanes(32, true)),
  punpckhqdq: whole(unpackLanes(64, true)),
  packsswb: whole(pack(16, true)),
  packssdw: whole(pack(32, true)),
  packuswb: whole(pack(16, false)),
  pshufd: whole((_a, b, i) =>
    join(
      [0, 1, 2, 3].map((n) => lane(b, (i >> (n * 2)) & 3, 32)),
      32,
    ),
  ),
  pshuflw: whole(
    (_a, b, i) =>
      (b & ~0xffff_ffff_ffff_ffffn) |
      join(
        [0, 1, 2, 3].map((n) => lane(b, (i >> (n * 2)) & 3, 16)),
        16,
      ),
  ),
  pshufhw: whole(
    (_a, b, i) =>
      (b & 0xffff_ffff_ffff_ffffn) |
      (join(
        [0, 1, 2, 3].map((n) => lane(b, 4 + ((i >> (n * 2)) & 3), 16)),
        16,
      ) <<
        64n),
  ),
  shufps: whole((a, b, i) =>
    join(
      [0, 1, 2, 3].map((n) => lane(n < 2 ? a : b, (i >> (n * 2)) & 3, 32)),
      32,
    ),
  ),
  shufpd: whole((a, b, i) => lane(a, i & 1, 64) | (lane(b, (i >> 1) & 1, 64) << 64n)),
  psllw: byRegister(shiftLanes(16, 'left')),
  pslld: byRegister(shiftLanes(32, 'left')),
  psllq: byRegister(shiftLanes(64, 'left')),
  psrlw: byRegister(shiftLanes(16, 'right')),
  psrld: byRegister(shiftLanes(32, 'right')),
  psrlq: byRegister(shiftLanes(64, 'right')),
  psraw: byRegister(shiftLanes(16, 'arithmetic')),
  psrad: byRegister(shiftLanes(32, 'arithmetic')),
  psllwi: byImmediate(shiftLanes(16, 'left')),
  pslldi: byImmediate(shiftLanes(32, 'left')),
  psllqi: byImmediate(shiftLanes(64, 'left')),
  psrlwi: byImmediate(shiftLanes(16, 'right')),
  psrldi: byImmediate(shiftLanes(32, 'right')),
  psrlqi: byImmediate(shiftLanes(64, 'right')),
  psrawi: byImmediate(shiftLanes(16, 'arithmetic')),
  psradi: byImmediate(shiftLanes(32, 'arithmetic')),
  pslldq: byImmediate((a, by) => (by > 15n ? 0n : a << (by * 8n))),
  psrldq: byImmediate((a, by) => (by > 15n ? 0n : a >> (by * 8n))),
} as const satisfies Record<string, Run>;

export type VectorOperation = keyof typeof OPERATIONS;
/** Numbers of the operations: their place in this list. */
export const VECTOR_NAMES = Object.keys(OPERATIONS) as readonly VectorOperation[];
export const VECTOR_OPERATIONS: readonly Run[] = Object.values(OPERATIONS);
