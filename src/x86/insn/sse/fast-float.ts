// Fast paths of floating-point operations: SIMD code computes all lanes, and where MXCSR and the lanes allow it (engine notes, 13: masked, to nearest, precision
// flag already set; numbers normal or zero) that is the result; else TypeScript does it over. WebAssembly rounds to nearest and has no flags, DAZ and FTZ.
import type { Local } from '../../../wasm/code';
import type { InsnContext, VectorOperands } from '../../emit/context';
import { S, STATE } from '../../layout';
import type { VectorOperation } from '../../simd/operations';
import { keepV128 } from './operation';

export type FloatShape = 'f32x4' | 'f64x2';

const MXCSR_PE = 0x20;
const MXCSR_PM = 0x1000;
const MXCSR_RC = 0x6000;
const MXCSR_FAST = 0x1fa0;
const MXCSR_CONTROL = 0xffe0;

function mxcsrIs(c: InsnContext, mask: number, value: number): void {
  c.f
    .i32(0)
    .mem('i32.load', STATE + S.mxcsr)
    .i32(mask)
    .op('i32.and')
    .i32(value)
    .op('i32.eq');
}
/** Pushes an i32: all exceptions masked, rounding to nearest, no FTZ or DAZ, precision flag already set. */
export const pushFast = (c: InsnContext): void => mxcsrIs(c, MXCSR_CONTROL, MXCSR_FAST);
/** Pushes an i32: an inexact result changes nothing in MXCSR, and the rounding is to nearest unless `anyRounding`. */
export const pushInexactAllowed = (c: InsnContext, anyRounding: boolean): void =>
  mxcsrIs(c, MXCSR_PE | MXCSR_PM | (anyRounding ? 0 : MXCSR_RC), MXCSR_PE | MXCSR_PM);
/** Pushes an i32: rounding is to nearest. */
export const pushNearest = (c: InsnContext): void => mxcsrIs(c, MXCSR_RC, 0);

/** A number in all lanes. */
export function constant(c: InsnContext, shape: FloatShape, value: number): void {
  const lane = new Uint8Array(shape === 'f32x4' ? new Float32Array([value]).buffer : new Float64Array([value]).buffer);
  c.f.v128(Array.from({ length: 16 }, (_, i) => lane[i % lane.length] as number));
}
export const SMALLEST = { f32x4: 2 ** -126, f64x2: 2 ** -1022 } as const;

/** Pushes a mask of lanes: normal numbers, by their absolute value. */
export function pushNormal(c: InsnContext, shape: FloatShape, value: Local, magnitudeAtLeast: number = SMALLEST[shape]): void {
  const { f } = c;
  f.get(value).simd(`${shape}.abs`);
  const magnitude = keepV128(c);
  f.get(magnitude);
  constant(c, shape, magnitudeAtLeast);
  f.simd(`${shape}.ge`).get(magnitude);
  constant(c, shape, Number.POSITIVE_INFINITY);
  f.simd(`${shape}.lt`).simd('v128.and');
}
/** Pushes a mask of lanes: zeros. */
export function pushZero(c: InsnContext, shape: FloatShape, value: Local): void {
  c.f.get(value);
  constant(c, shape, 0);
  c.f.simd(`${shape}.eq`);
}
export function pushNormalOrZero(c: InsnContext, shape: FloatShape, value: Local): void {
  pushNormal(c, shape, value);
  pushZero(c, shape, value);
  c.f.simd('v128.or');
}
/** Pushes a mask of lanes: no NaN and no denormal; infinities are. */
export function pushOrdinary(c: InsnContext, shape: FloatShape, value: Local): void {
  c.f.get(value).simd(`${shape}.abs`);
  constant(c, shape, SMALLEST[shape]);
  c.f.simd(`${shape}.ge`);
  pushZero(c, shape, value);
  c.f.simd('v128.or');
}

export interface LaneResult {
  result: Local;
  /** A mask of lanes, all of which must be set. */
  allowed: Local;
}

/** The lanes of each 128 bits, then the choice: store them, or let TypeScript do all. `condition` pushes an i32 that must hold too. */
export function fastOr(
  c: InsnContext,
  operands: VectorOperands,
  operation: VectorOperation,
  lane: (at: number) => LaneResult,
  condition?: () => void,
): void {
  const { f } = c;
  c.settleFlags();
  const lanes: LaneResult[] = [];
  for (let at = 0; at < operands.bytes; at += 16) lanes.push(lane(at));
  if (condition) condition();
  lanes.forEach(({ allowed }, i) => {
    f.get(allowed).simd('i32x4.all_true');
    if (i > 0 || condition) f.op('i32.and');
  });
  f.if();
  lanes.forEach(({ result }, i) => {
    f.get(operands.destination)
      .get(result)
      .simdMem('v128.store', i * 16);
  });
  f.else();
  c.vector(operation, operands);
  f.end();
}
