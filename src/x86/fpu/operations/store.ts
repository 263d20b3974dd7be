// FST, FIST, FISTTP, FBSTP and their like.
import { DECIMAL_INDEFINITE, toBinary, toDecimal, toInteger80 } from '../convert';
import { type F80, type FpuEnvironment, INDEFINITE } from '../float80';
import { storeDouble } from '../quick-moves';
import type { FpuUnit } from '../unit';
import { type FpuOperation, quickly } from './operation';

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

export const stores = {
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
} as const satisfies Record<string, FpuOperation>;
