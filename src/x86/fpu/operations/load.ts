// FLD and its like: a value is pushed.
import { Sw } from '../bits';
import { CONSTANT_NAMES, type ConstantName, constant80 } from '../constants';
import { fromBinary, fromDecimal, fromInteger80 } from '../convert';
import { type F80, type FpuEnvironment, INDEFINITE } from '../float80';
import { loadDouble, loadRegister, loadSingle } from '../quick-moves';
import type { FpuUnit } from '../unit';
import { type FpuOperation, quickly } from './operation';

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

const constants = Object.fromEntries(
  CONSTANT_NAMES.map((name) => [`fld.${name}`, load((_u, _at, env) => constant80(name, env.rounding))]),
) as Record<`fld.${ConstantName}`, FpuOperation>;

export const loads = {
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
} as const satisfies Record<string, FpuOperation>;
