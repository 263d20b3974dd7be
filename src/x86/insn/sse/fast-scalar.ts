// Fast paths of scalar floating-point operations: as those of packed ones (fast-float.ts), on one number.
import type { Local } from '../../../wasm/code';
import type { InsnContext, VectorOperands } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import { type FloatShape, SMALLEST } from './fast-float';

export type Scalar = 'f32' | 'f64';
const SHAPE: Readonly<Record<Scalar, FloatShape>> = { f32: 'f32x4', f64: 'f64x2' };

/** Pushes a number of the first lane at `source`. */
export function loadScalar(c: InsnContext, type: Scalar, source: Local): Local {
  c.f.get(source);
  if (type === 'f32') c.f.mem('f32.load');
  else c.f.mem('f64.load');
  return keepScalar(c, type);
}
export function keepScalar(c: InsnContext, type: Scalar): Local {
  const local = type === 'f32' ? c.tempF32() : c.tempF64();
  c.f.set(local);
  return local;
}
export function pushNumber(c: InsnContext, type: Scalar, value: number): void {
  if (type === 'f32') c.f.f32(value);
  else c.f.f64(value);
}

/** Pushes an i32: the number's absolute value is at least `least` (the smallest normal number) and less than `limit`. */
export function pushScalarWithin(c: InsnContext, type: Scalar, value: Local, least: number, limit: number): void {
  c.f.get(value).op(`${type}.abs`);
  pushNumber(c, type, least);
  c.f.op(`${type}.ge`).get(value).op(`${type}.abs`);
  pushNumber(c, type, limit);
  c.f.op(`${type}.lt`, 'i32.and');
}
export const pushScalarNormal = (c: InsnContext, type: Scalar, value: Local): void =>
  pushScalarWithin(c, type, value, SMALLEST[SHAPE[type]], Number.POSITIVE_INFINITY);
export function pushScalarZero(c: InsnContext, type: Scalar, value: Local): void {
  c.f.get(value);
  pushNumber(c, type, 0);
  c.f.op(`${type}.eq`);
}
/** Pushes an i32: no NaN and no denormal. */
export function pushScalarOrdinary(c: InsnContext, type: Scalar, value: Local): void {
  c.f.get(value).op(`${type}.abs`);
  pushNumber(c, type, SMALLEST[SHAPE[type]]);
  c.f.op(`${type}.ge`);
  pushScalarZero(c, type, value);
  c.f.op('i32.or');
}

/** An i32 is on the stack: the number is the result; else TypeScript does it over. What is above it comes from source 1. */
export function scalarOr(c: InsnContext, operands: VectorOperands, operation: VectorOperation, type: Scalar, result: Local): void {
  const { f } = c;
  const { destination, source1 } = operands;
  f.if();
  if (destination !== source1) f.get(destination).get(source1).simdMem('v128.load').simdMem('v128.store');
  f.get(destination).get(result);
  if (type === 'f32') f.mem('f32.store');
  else f.mem('f64.store');
  f.else();
  c.vector(operation, operands);
  f.end();
}
