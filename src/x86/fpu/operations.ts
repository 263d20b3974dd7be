// What the rows of x87 arithmetic run, by name: one function each. `argument` is a stack register's number, or the place in memory of an operand.
import { add80, compare80, div80, mul80, sqrt80, sub80 } from './arithmetic';
import { CONDITIONS, normalControl, Sw, withSummary } from './bits';
import { CONSTANT_NAMES, type ConstantName, constant80, examine } from './constants';
import {
  DECIMAL_INDEFINITE,
  fromBinary,
  fromDecimal,
  fromInteger80,
  roundToInteger,
  toBinary,
  toDecimal,
  toInteger80,
  widen,
} from './convert';
import { type F80, type FpuEnvironment, INDEFINITE, one80 } from './float80';
import { extract80, remainder80, scale80 } from './partial';
import { exchange, loadDouble, loadRegister, loadSingle, storeDouble } from './quick-moves';
import { atan80, cos80, exp80, isOutOfRange, sin80, tan80, ylog2x, ylog2x1 } from './transcendental';
import type { FpuUnit } from './unit';

/** False: nothing is stored to the memory operand. */
export type FpuOperation = (u: FpuUnit, argument: number) => boolean;
type Binary = (a: F80, b: F80, env: FpuEnvironment) => F80;

const reversed =
  (run: Binary): Binary =>
  (a, b, env) =>
    run(b, a, env);
const BINARY = { add: add80, mul: mul80, sub: sub80, subr: reversed(sub80), div: div80, divr: reversed(div80) } as const;

/** A memory operand as a register would hold it. */
const FROM_MEMORY = {
  m32: (u: FpuUnit, at: number, env: FpuEnvironment) => widen(BigInt(u.view.getUint32(at, true)), 32, env),
  m64: (u: FpuUnit, at: number, env: FpuEnvironment) => widen(u.view.getBigUint64(at, true), 64, env),
  i16: (u: FpuUnit, at: number) => fromInteger80(BigInt(u.view.getInt16(at, true))),
  i32: (u: FpuUnit, at: number) => fromInteger80(BigInt(u.view.getInt32(at, true))),
} as const;
type MemoryKind = keyof typeof FROM_MEMORY;
const MEMORY_KINDS = Object.keys(FROM_MEMORY) as readonly MemoryKind[];

/** The destination register becomes a function of it and another operand. */
function replace(u: FpuUnit, destination: number, empty: boolean, other: (env: FpuEnvironment) => F80, run: Binary, pops = 0): boolean {
  if (empty || u.isEmpty(destination)) {
    if (!u.stackFault(false)) return true;
    u.set(destination, INDEFINITE);
  } else {
    const env = u.environment();
    const result = run(u.get(destination), other(env), env);
    if (!u.settle(env)) return true;
    u.set(destination, result);
  }
  u.pops(pops);
  return true;
}
const withRegister =
  (run: Binary, pops: number, toTop: boolean): FpuOperation =>
  (u, i) =>
    toTop ? replace(u, 0, u.isEmpty(i), () => u.get(i), run, pops) : replace(u, i, u.isEmpty(0), () => u.get(0), run, pops);
const withMemory =
  (run: Binary, kind: MemoryKind): FpuOperation =>
  (u, at) =>
    replace(u, 0, false, (env) => FROM_MEMORY[kind](u, at, env), run);
/** ST(0) becomes a function of itself. */
const unary =
  (run: (a: F80, env: FpuEnvironment) => F80): FpuOperation =>
  (u) =>
    replace(
      u,
      0,
      false,
      () => INDEFINITE,
      (a, _b, env) => run(a, env),
    );
/** ST(1) becomes a function of ST(1) and ST(0), which is popped. */
const toSecond =
  (run: Binary): FpuOperation =>
  (u) =>
    replace(u, 1, u.isEmpty(0), () => u.get(0), run, 1);

type BinaryName = keyof typeof BINARY;
const binaryOperations = Object.fromEntries(
  (Object.keys(BINARY) as BinaryName[]).flatMap((name) => [
    [`${name}.st0`, withRegister(BINARY[name], 0, true)],
    [`${name}.sti`, withRegister(BINARY[name], 0, false)],
    [`${name}.pop`, withRegister(BINARY[name], 1, false)],
    ...MEMORY_KINDS.map((kind) => [`${name}.${kind}`, withMemory(BINARY[name], kind)]),
  ]),
) as Record<`${BinaryName}.${'st0' | 'sti' | 'pop' | MemoryKind}`, FpuOperation>;

const ORDER = Sw.C0 | Sw.C2 | Sw.C3;
/** The condition bits are written even where an unmasked exception keeps the registers from being popped. */
function compareWith(u: FpuUnit, empty: boolean, other: (env: FpuEnvironment) => F80, quiet: boolean, pops: number): boolean {
  if (empty || u.isEmpty(0)) {
    const masked = u.stackFault(false);
    u.setConditions(ORDER, ORDER);
    if (!masked) return true;
  } else {
    const env = u.environment();
    const conditions = compare80(u.get(0), other(env), quiet, env);
    const goesOn = u.settle(env);
    u.setConditions(ORDER, conditions);
    if (!goesOn) return true;
  }
  u.pops(pops);
  return true;
}
const compareRegister =
  (quiet: boolean, pops: number): FpuOperation =>
  (u, i) =>
    compareWith(u, u.isEmpty(i), () => u.get(i), quiet, pops);
const compareMemory =
  (kind: MemoryKind, pops: number): FpuOperation =>
  (u, at) =>
    compareWith(u, false, (env) => FROM_MEMORY[kind](u, at, env), false, pops);

const flagsOfOrder = (conditions: number): number =>
  (conditions & Sw.C0 ? 1 : 0) | (conditions & Sw.C2 ? 4 : 0) | (conditions & Sw.C3 ? 0x40 : 0);
/** `argument`: register number, and from bit 3 the place where the flags go. */
const compareFlags =
  (quiet: boolean, pops: number): FpuOperation =>
  (u, argument) => {
    const i = argument & 7;
    const put = (flags: number): void => u.view.setBigUint64(argument >>> 3, BigInt(flags), true);
    if (u.isEmpty(0) || u.isEmpty(i)) {
      put(0x45);
      if (!u.stackFault(false)) return true;
    } else {
      const env = u.environment();
      put(flagsOfOrder(compare80(u.get(0), u.get(i), quiet, env)));
      if (!u.settle(env)) return true;
    }
    u.pops(pops);
    return true;
  };

/** Store of ST(0) to memory. */
const store =
  (
    put: (u: FpuUnit, at: number, value: F80, env: FpuEnvironment) => () => void,
    indefinite: (u: FpuUnit, at: number) => void,
    pops: number,
  ): FpuOperation =>
  (u, at) => {
    if (u.isEmpty(0)) {
      if (!u.stackFault(false)) return false;
      indefinite(u, at);
    } else {
      const env = u.environment();
      const write = put(u, at, u.get(0), env);
      if (!u.settleStore(env)) return false;
      write();
    }
    u.pops(pops);
    return true;
  };
const put = (u: FpuUnit, at: number, bytes: 2 | 4 | 8, value: bigint): void => {
  if (bytes === 8) u.view.setBigUint64(at, value, true);
  else if (bytes === 4) u.view.setUint32(at, Number(value), true);
  else u.view.setUint16(at, Number(value), true);
};
const storeFloat = (bits: 32 | 64, pops: number): FpuOperation => {
  const bytes = (bits / 8) as 4 | 8;
  const indefinite = bits === 32 ? 0xffc0_0000n : 0xfff8_0000_0000_0000n;
  return store(
    (u, at, value, env) => {
      const result = toBinary(value, bits, env);
      return () => put(u, at, bytes, result);
    },
    (u, at) => put(u, at, bytes, indefinite),
    pops,
  );
};
const storeInteger = (bits: 16 | 32 | 64, truncate: boolean, pops: number): FpuOperation => {
  const bytes = (bits / 8) as 2 | 4 | 8;
  return store(
    (u, at, value, env) => {
      const result = toInteger80(value, bits, truncate, env);
      return () => put(u, at, bytes, result);
    },
    (u, at) => put(u, at, bytes, 1n << BigInt(bits - 1)),
    pops,
  );
};
const put80 = (u: FpuUnit, at: number, value: bigint): void => {
  u.view.setBigUint64(at, BigInt.asUintN(64, value), true);
  u.view.setUint16(at + 8, Number(value >> 64n), true);
};
const get80 = (u: FpuUnit, at: number): bigint => (BigInt(u.view.getUint16(at + 8, true)) << 64n) | u.view.getBigUint64(at, true);

const load =
  (read: (u: FpuUnit, argument: number, env: FpuEnvironment) => F80): FpuOperation =>
  (u, argument) => {
    if (!u.isEmpty(-1)) {
      u.load(INDEFINITE);
      return true;
    }
    const env = u.environment();
    const value = read(u, argument, env);
    // A denormal is loaded even where the exception for it is not masked.
    if (u.settle(env) || !(env.raised & Sw.IE)) u.push(value);
    return true;
  };

const storeRegister =
  (pops: number): FpuOperation =>
  (u, i) => {
    if (u.isEmpty(0)) {
      if (!u.stackFault(false)) return true;
      u.set(i, INDEFINITE);
    } else {
      u.environment();
      u.set(i, u.get(0));
    }
    u.pops(pops);
    return true;
  };

/** ST(0) is replaced by one result and another is pushed on it: FSINCOS, FPTAN, FXTRACT. */
function replaceAndPush(u: FpuUnit, run: (a: F80, env: FpuEnvironment) => readonly [F80, F80]): boolean {
  const empty = u.isEmpty(0);
  if (empty || !u.isEmpty(-1)) {
    if (!u.stackFault(!empty)) return true;
    u.set(0, INDEFINITE);
    u.push(INDEFINITE);
    return true;
  }
  const env = u.environment();
  const [below, above] = run(u.get(0), env);
  if (!u.settle(env)) return true;
  u.set(0, below);
  u.push(above);
  return true;
}
/** C2 says that the operand is out of range, and nothing is done. */
const trigonometric =
  (run: FpuOperation, pushes = false): FpuOperation =>
  (u, argument) => {
    u.setConditions(Sw.C2, 0);
    if (!u.isEmpty(0) && (!pushes || u.isEmpty(-1)) && isOutOfRange(u.get(0))) {
      u.setConditions(Sw.C1 | Sw.C2, Sw.C2);
      return true;
    }
    return run(u, argument);
  };

/** The quotient's bits are written only with a result. */
const partialRemainder =
  (nearest: boolean): FpuOperation =>
  (u) => {
    u.setConditions(Sw.C2, 0);
    if (u.isEmpty(0) || u.isEmpty(1)) {
      if (u.stackFault(false)) u.set(0, INDEFINITE);
      return true;
    }
    const env = u.environment();
    const { value, conditions } = remainder80(u.get(0), u.get(1), nearest, env);
    if (!u.settle(env)) return true;
    if (conditions !== undefined) u.setConditions(CONDITIONS, conditions);
    u.set(0, value);
    return true;
  };

const constants = Object.fromEntries(
  CONSTANT_NAMES.map((name) => [`fld.${name}`, load((_u, _at, env) => constant80(name, env.rounding))]),
) as Record<`fld.${ConstantName}`, FpuOperation>;

/** The quick way where it is one. */
const quickly =
  (quick: FpuOperation, exact: FpuOperation): FpuOperation =>
  (u, argument) =>
    quick(u, argument) || exact(u, argument);

const OPERATIONS = {
  ...binaryOperations,
  ...constants,
  'fld.m32': quickly(
    loadSingle,
    load((u, at, env) => fromBinary(BigInt(u.view.getUint32(at, true)), 32, env)),
  ),
  'fld.m64': quickly(
    loadDouble,
    load((u, at, env) => fromBinary(u.view.getBigUint64(at, true), 64, env)),
  ),
  'fld.m80': load((u, at) => ({ se: u.view.getUint16(at + 8, true), m: u.view.getBigUint64(at, true) })),
  'fld.i16': load((u, at) => fromInteger80(BigInt(u.view.getInt16(at, true)))),
  'fld.i32': load((u, at) => fromInteger80(BigInt(u.view.getInt32(at, true)))),
  'fld.i64': load((u, at) => fromInteger80(u.view.getBigInt64(at, true))),
  'fld.decimal': load((u, at) => fromDecimal(get80(u, at))),
  'fld.st': (u, i) => {
    if (loadRegister(u, i)) return true;
    if (u.isEmpty(i)) {
      if (u.stackFault(false)) u.push(INDEFINITE);
      return true;
    }
    if (!u.isEmpty(-1)) {
      u.load(INDEFINITE);
      return true;
    }
    u.environment();
    u.push(u.get(i));
    return true;
  },
  'fst.m32': storeFloat(32, 0),
  'fstp.m32': storeFloat(32, 1),
  'fst.m64': quickly((u, at) => storeDouble(u, at, 0), storeFloat(64, 0)),
  'fstp.m64': quickly((u, at) => storeDouble(u, at, 1), storeFloat(64, 1)),
  'fstp.m80': store(
    (u, at, { se, m }) =>
      () =>
        put80(u, at, (BigInt(se) << 64n) | m),
    (u, at) => put80(u, at, (BigInt(INDEFINITE.se) << 64n) | INDEFINITE.m),
    1,
  ),
  'fst.st': storeRegister(0),
  'fstp.st': storeRegister(1),
  /** D9 D8: an empty ST(0) is only popped. */
  'fstp1.st': (u, i) => {
    if (!u.isEmpty(0)) return storeRegister(1)(u, i);
    u.environment();
    u.pop();
    return true;
  },
  'fist.i16': storeInteger(16, false, 0),
  'fistp.i16': storeInteger(16, false, 1),
  'fisttp.i16': storeInteger(16, true, 1),
  'fist.i32': storeInteger(32, false, 0),
  'fistp.i32': storeInteger(32, false, 1),
  'fisttp.i32': storeInteger(32, true, 1),
  'fistp.i64': storeInteger(64, false, 1),
  'fisttp.i64': storeInteger(64, true, 1),
  'fstp.decimal': store(
    (u, at, value, env) => {
      const result = toDecimal(value, env);
      return () => put80(u, at, result);
    },
    (u, at) => put80(u, at, DECIMAL_INDEFINITE),
    1,
  ),
  'fcom.st': compareRegister(false, 0),
  'fcomp.st': compareRegister(false, 1),
  'fcompp.st': compareRegister(false, 2),
  'fucom.st': compareRegister(true, 0),
  'fucomp.st': compareRegister(true, 1),
  'fucompp.st': compareRegister(true, 2),
  'fcom.m32': compareMemory('m32', 0),
  'fcomp.m32': compareMemory('m32', 1),
  'fcom.m64': compareMemory('m64', 0),
  'fcomp.m64': compareMemory('m64', 1),
  'fcom.i16': compareMemory('i16', 0),
  'fcomp.i16': compareMemory('i16', 1),
  'fcom.i32': compareMemory('i32', 0),
  'fcomp.i32': compareMemory('i32', 1),
  fcomi: compareFlags(false, 0),
  fcomip: compareFlags(false, 1),
  fucomi: compareFlags(true, 0),
  fucomip: compareFlags(true, 1),
  ftst: (u) => compareWith(u, false, () => ({ se: 0, m: 0n }), false, 0),
  fxam: (u) => {
    u.setConditions(CONDITIONS, examine(u.get(0), u.isEmpty(0)));
    return true;
  },
  fxch: (u, i) => {
    if (exchange(u, i)) return true;
    const before = [u.isEmpty(0), u.isEmpty(i)];
    if (before[0] || before[1]) {
      if (!u.stackFault(false)) return true;
      if (before[0]) u.set(0, INDEFINITE);
      if (before[1]) u.set(i, INDEFINITE);
    } else u.environment();
    const [a, b] = [u.get(0), u.get(i)];
    u.set(0, b);
    u.set(i, a);
    return true;
  },
  /** `argument`: register number; bit 3: the condition holds. */
  fcmov: (u, argument) => {
    const i = argument & 7;
    if (u.isEmpty(0) || u.isEmpty(i)) {
      if (u.stackFault(false)) u.set(0, INDEFINITE);
      return true;
    }
    if (argument & 8) u.set(0, u.get(i));
    return true;
  },
  fchs: (u) => replaceQuietly(u, ({ se, m }) => ({ se: se ^ 0x8000, m })),
  fabs: (u) => replaceQuietly(u, ({ se, m }) => ({ se: se & 0x7fff, m })),
  fsqrt: unary(sqrt80),
  frndint: unary(roundToInteger),
  f2xm1: unary(exp80),
  fsin: trigonometric(unary(sin80)),
  fcos: trigonometric(unary(cos80)),
  fsincos: trigonometric(
    (u) =>
      replaceAndPush(u, (a, env) => {
        const below = sin80(a, env);
        return [below, cos80(a, env)];
      }),
    true,
  ),
  fptan: trigonometric(
    (u) =>
      replaceAndPush(u, (a, env) => {
        const tangent = tan80(a, env);
        return [tangent, (tangent.se & 0x7fff) === 0x7fff ? tangent : one80()];
      }),
    true,
  ),
  fxtract: (u) =>
    replaceAndPush(u, (a, env) => {
      const { exponent, significand } = extract80(a, env);
      return [exponent, significand];
    }),
  fscale: (u) => replace(u, 0, u.isEmpty(1), () => u.get(1), scale80),
  fprem: partialRemainder(false),
  fprem1: partialRemainder(true),
  fpatan: toSecond(atan80),
  fyl2x: toSecond(ylog2x),
  fyl2xp1: toSecond(ylog2x1),
  ffree: (u, i) => {
    u.environment();
    u.free(i);
    return true;
  },
  ffreep: (u, i) => {
    u.environment();
    u.free(i);
    u.pop();
    return true;
  },
  fincstp: (u) => {
    u.environment();
    u.rotate(1);
    return true;
  },
  fdecstp: (u) => {
    u.environment();
    u.rotate(-1);
    return true;
  },
  fnop: () => true,
  fldcw: (u, at) => {
    u.fcw = normalControl(u.view.getUint16(at, true));
    u.fsw = withSummary(u.fsw, u.fcw);
    return true;
  },
} as const satisfies Record<string, FpuOperation>;

/** FCHS and FABS raise nothing but a stack fault. */
function replaceQuietly(u: FpuUnit, run: (a: F80) => F80): boolean {
  return replace(
    u,
    0,
    false,
    () => INDEFINITE,
    (a) => run(a),
  );
}

export type FpuOperationName = keyof typeof OPERATIONS;
/** Numbers of the operations: their place in this list. */
export const FPU_NAMES = Object.keys(OPERATIONS) as readonly FpuOperationName[];
export const FPU_OPERATIONS: readonly FpuOperation[] = Object.values(OPERATIONS);
