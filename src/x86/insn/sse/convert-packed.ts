// Fast paths of packed conversions between single, double and 32-bit integers (SDM vol 2 "CVTPS2DQ", "CVTPD2PS", …).
import type { Local } from '../../../wasm/code';
import type { SimdMemoryOp, SimdOp } from '../../../wasm/opcodes';
import type { InsnContext, VectorOperands } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import { constant, type FloatShape, fastOr, pushFast, pushInexactAllowed, pushOrdinary, pushZero, SMALLEST } from './fast-float';
import { keepV128, loadLane, type Operation } from './operation';

const ALL = Array.from({ length: 16 }, () => 0xff);

/** Pushes a mask of lanes: the absolute value is less than 2^31. */
function pushFits(c: InsnContext, shape: FloatShape, value: Local): void {
  c.f.get(value).simd(`${shape}.abs`);
  constant(c, shape, 2 ** 31);
  c.f.simd(`${shape}.lt`);
}
/** To integers, each lane where it fits: inexact ones where that changes no flag. */
export const singlesToIntegers =
  (name: VectorOperation, truncate: boolean): Operation =>
  (c, operands) =>
    fastOr(
      c,
      operands,
      name,
      (at) => {
        const { f } = c;
        f.get(operands.source2)
          .simdMem('v128.load', at)
          .simd(truncate ? 'f32x4.trunc' : 'f32x4.nearest');
        const whole = keepV128(c);
        f.get(whole).simd('i32x4.trunc_sat_f32x4_s');
        const result = keepV128(c);
        pushFits(c, 'f32x4', whole);
        return { result, allowed: keepV128(c) };
      },
      () => pushInexactAllowed(c, truncate),
    );
/** Sixteen bytes of singles or integers from integers. */
export const integersToSingles =
  (name: VectorOperation): Operation =>
  (c, operands) =>
    fastOr(
      c,
      operands,
      name,
      (at) => {
        c.f.get(operands.source2).simdMem('v128.load', at).simd('f32x4.convert_i32x4_s');
        const result = keepV128(c);
        c.f.v128(ALL);
        return { result, allowed: keepV128(c) };
      },
      () => pushFast(c),
    );

/** From the lanes of 8 bytes of source to 16 of destination. */
function widened(c: InsnContext, operands: VectorOperands, at: number, load: SimdMemoryOp): Local {
  c.f.get(operands.source2).simdMem(load, at / 2);
  return keepV128(c);
}
/** Exact: without NaNs and denormals nothing is raised. */
export const singlesToDoubles =
  (name: VectorOperation): Operation =>
  (c, operands) =>
    fastOr(c, operands, name, (at) => {
      const source = widened(c, operands, at, 'v128.load64_zero');
      c.f.get(source).simd('f64x2.promote_low_f32x4');
      const result = keepV128(c);
      pushOrdinary(c, 'f32x4', source);
      return { result, allowed: keepV128(c) };
    });
/** Always exact. */
export const integersToDoubles: Operation = (c, operands) => {
  const results: Local[] = [];
  for (let at = 0; at < operands.bytes; at += 16) {
    c.f.get(widened(c, operands, at, 'v128.load64_zero')).simd('f64x2.convert_low_i32x4_s');
    results.push(keepV128(c));
  }
  results.forEach((result, i) => {
    c.f
      .get(operands.destination)
      .get(result)
      .simdMem('v128.store', i * 16);
  });
};

/** Halves the width: of 16 bytes of source 8 of result, above which the destination's 128 bits are cleared; of 32 bytes 16. */
function narrowed(
  c: InsnContext,
  operands: VectorOperands,
  name: VectorOperation,
  convert: readonly SimdOp[],
  check: (source: Local) => void,
  condition: () => void,
): void {
  const { f } = c;
  c.settleFlags();
  const parts: Local[] = [];
  const allowed: Local[] = [];
  for (let at = 0; at < operands.bytes; at += 16) {
    const source = loadLane(c, operands.source2, at);
    f.get(source);
    for (const op of convert) f.simd(op);
    parts.push(keepV128(c));
    check(source);
    allowed.push(keepV128(c));
  }
  condition();
  for (const mask of allowed) f.get(mask).simd('i32x4.all_true').op('i32.and');
  f.if();
  f.get(operands.destination).get(parts[0] as Local);
  const second = parts[1];
  if (second !== undefined) f.get(second).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
  f.simdMem('v128.store');
  f.else();
  c.vector(name, operands);
  f.end();
}
export const doublesToIntegers =
  (name: VectorOperation, truncate: boolean): Operation =>
  (c, operands) => {
    const round = truncate ? 'f64x2.trunc' : 'f64x2.nearest';
    const check = (source: Local): void => {
      c.f.get(source).simd(round);
      pushFits(c, 'f64x2', keepV128(c));
    };
    narrowed(c, operands, name, [round, 'i32x4.trunc_sat_f64x2_s_zero'], check, () => pushInexactAllowed(c, truncate));
  };
/** Numbers in the range of normal singles, and zeros. */
export const doublesToSingles =
  (name: VectorOperation): Operation =>
  (c, operands) => {
    const check = (source: Local): void => {
      const { f } = c;
      f.get(source).simd('f64x2.abs');
      const magnitude = keepV128(c);
      f.get(magnitude);
      constant(c, 'f64x2', SMALLEST.f32x4);
      f.simd('f64x2.ge').get(magnitude);
      constant(c, 'f64x2', (2 - 2 ** -23) * 2 ** 127);
      f.simd('f64x2.le').simd('v128.and');
      pushZero(c, 'f64x2', source);
      f.simd('v128.or');
    };
    narrowed(c, operands, name, ['f32x4.demote_f64x2_zero'], check, () => pushFast(c));
  };
