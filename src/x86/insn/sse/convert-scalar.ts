// Fast paths of scalar conversions (SDM vol 2 "CVTSI2SD", "CVTTSD2SI", "CVTSS2SD", …).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import type { Emit } from '../row';
import { pushFast, pushInexactAllowed, SMALLEST } from './fast-float';
import {
  keepScalar,
  loadScalar,
  pushNumber,
  pushScalarOrdinary,
  pushScalarWithin,
  pushScalarZero,
  type Scalar,
  scalarOr,
} from './fast-scalar';
import type { Operation } from './operation';

/** Source 2 is a general register's slot, or the memory operand, of the row's size. Doubles hold every 32-bit integer; others may be inexact. */
export const fromGeneral =
  (base: 'cvtsi2ss' | 'cvtsi2sd', type: Scalar): Operation =>
  (c, operands) => {
    const { f } = c;
    c.settleFlags();
    const wide = c.size === 8;
    f.get(operands.source2);
    if (wide) f.mem('i64.load').op(`${type}.convert_i64_s`);
    else f.mem('i32.load').op(`${type}.convert_i32_s`);
    const result = keepScalar(c, type);
    if (!wide && type === 'f64') f.i32(1);
    else {
      pushFast(c);
      // Integers this small are exact.
      f.get(result).op(`${type}.abs`);
      pushNumber(c, type, type === 'f64' ? 2 ** 53 : 2 ** 24);
      f.op(`${type}.lt`, 'i32.or');
    }
    scalarOr(c, operands, `${base}${wide ? 64 : 32}`, type, result);
  };

/** The destination is a general register. Operands 0 and 1 of the row, also of a VEX form. */
export const toGeneral =
  (base: 'cvtss2si' | 'cvtsd2si' | 'cvttss2si' | 'cvttsd2si', type: Scalar): Emit =>
  (c) => {
    const { f } = c;
    const truncate = base.startsWith('cvtt');
    const wide = c.size === 8;
    const source2 = c.xmm(1, type === 'f32' ? 4 : 8);
    const destination = c.slot(0);
    c.settleFlags();
    const value = loadScalar(c, type, source2);
    f.get(value).op(truncate ? `${type}.trunc` : `${type}.nearest`);
    const whole = keepScalar(c, type);
    f.get(whole).op(`${type}.abs`);
    pushNumber(c, type, wide ? 2 ** 63 : 2 ** 31);
    f.op(`${type}.lt`);
    pushInexactAllowed(c, truncate);
    // Exact ones, but for what a denormal is.
    f.get(whole).get(value).op(`${type}.eq`, 'i32.or', 'i32.and').if();
    f.get(destination).get(whole);
    if (type === 'f32') f.op('f64.promote_f32');
    f.truncSat('i64.trunc_sat_f64_s');
    if (!wide) f.i64(0xffff_ffff).op('i64.and');
    f.mem('i64.store');
    f.else();
    c.vector(`${base}${wide ? 64 : 32}`, { bytes: 16, destination, source1: destination, source2 });
    f.end();
  };

/** CVTSS2SD is exact without NaNs and denormals; CVTSD2SS stays in the range of normal singles. */
export const singleToDouble: Operation = (c, operands) => {
  c.settleFlags();
  const value = loadScalar(c, 'f32', operands.source2);
  c.f.get(value).op('f64.promote_f32');
  const result = keepScalar(c, 'f64');
  pushScalarOrdinary(c, 'f32', value);
  scalarOr(c, operands, 'cvtss2sd', 'f64', result);
};
export const doubleToSingle: Operation = (c, operands) => {
  c.settleFlags();
  const value = loadScalar(c, 'f64', operands.source2);
  c.f.get(value).op('f32.demote_f64');
  const result = keepScalar(c, 'f32');
  pushFast(c);
  inSingleRange(c, value);
  c.f.op('i32.and');
  scalarOr(c, operands, 'cvtsd2ss' satisfies VectorOperation, 'f32', result);
};
function inSingleRange(c: InsnContext, value: Local): void {
  pushScalarWithin(c, 'f64', value, SMALLEST.f32x4, (2 - 2 ** -23) * 2 ** 127);
  pushScalarZero(c, 'f64', value);
  c.f.op('i32.or');
}
