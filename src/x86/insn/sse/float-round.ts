// ROUNDPS, ROUNDPD, ROUNDSS, ROUNDSD (SDM vol 2): the immediate's low bits choose the rounding, bit 2 takes MXCSR's, bit 3 suppresses the precision exception.
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import type { InsnContext } from '../../emit/context';
import { type FloatShape, fastOr, pushInexactAllowed, pushNearest, pushOrdinary } from './fast-float';
import { keepScalar, loadScalar, pushScalarOrdinary, type Scalar, scalarOr } from './fast-scalar';
import { immediateByte, keepV128, type Operation, type VectorInsn } from './operation';

const MODES = ['nearest', 'floor', 'ceil', 'trunc'] as const;
const SUPPRESS = 8;
const BY_MXCSR = 4;

/** Pushes an i32: no flag changes, and if MXCSR rounds, it rounds to nearest. */
function pushAllowed(c: InsnContext, immediate: Local): void {
  const { f } = c;
  pushInexactAllowed(c, true);
  f.get(immediate).i32(SUPPRESS).op('i32.and', 'i32.or', 'i32.eqz');
  pushNearest(c);
  f.get(immediate).i32(BY_MXCSR).op('i32.and', 'i32.eqz', 'i32.or', 'i32.eqz', 'i32.or', 'i32.eqz');
}
/** Sets `value` to the rounded number: one instruction for each mode, of which the immediate chooses one. */
function round(c: InsnContext, immediate: Local, value: Local, emit: (mode: (typeof MODES)[number]) => void): void {
  const { f } = c;
  // MXCSR's mode is to nearest, and mode 0 is so too.
  f.get(immediate).i32(BY_MXCSR).op('i32.and', 'i32.eqz').get(immediate).op('i32.mul').i32(3).op('i32.and');
  const mode = c.keep32();
  const done = f.block();
  MODES.forEach((name, i) => {
    f.get(mode).i32(i).op('i32.eq').if();
    f.get(value);
    emit(name);
    f.set(value).br(done).end();
  });
  f.end();
}

const packed =
  (name: 'roundps' | 'roundpd', shape: FloatShape): Operation =>
  (c, operands) => {
    const immediate = immediateByte(c);
    fastOr(
      c,
      operands,
      name,
      (at) => {
        c.f.get(operands.source2).simdMem('v128.load', at);
        const result = keepV128(c);
        pushOrdinary(c, shape, result);
        const allowed = keepV128(c);
        round(c, immediate, result, (mode) => c.f.simd(`${shape}.${mode}` satisfies SimdOp));
        return { result, allowed };
      },
      () => pushAllowed(c, immediate),
    );
  };
const scalar =
  (name: 'roundss' | 'roundsd', type: Scalar): Operation =>
  (c, operands) => {
    const { f } = c;
    c.settleFlags();
    const immediate = immediateByte(c);
    const value = loadScalar(c, type, operands.source2);
    f.get(value);
    const result = keepScalar(c, type);
    round(c, immediate, result, (mode) => f.op(`${type}.${mode}`));
    pushAllowed(c, immediate);
    // An integral number stays as it is, whatever the rounding.
    f.get(result).get(value).op(`${type}.eq`, 'i32.or');
    pushScalarOrdinary(c, type, value);
    f.op('i32.and');
    scalarOr(c, operands, name, type, result);
  };

/** The legacy scalar forms have two operands, the VEX forms three (the first for what is above). */
export const FLOAT_ROUND: readonly VectorInsn[] = (
  [
    ['ROUNDPS', '66 0F 3A 08', packed('roundps', 'f32x4'), 'w', 16],
    ['ROUNDPD', '66 0F 3A 09', packed('roundpd', 'f64x2'), 'w', 16],
    ['ROUNDSS', '66 0F 3A 0A', scalar('roundss', 'f32'), 'rw', 4],
    ['ROUNDSD', '66 0F 3A 0B', scalar('roundsd', 'f64'), 'rw', 8],
  ] as const
).map(([name, encoding, run, destination, memory]) => ({
  name,
  encoding,
  feature: 'sse4.1',
  run,
  destination,
  memory,
  immediate: true,
  ...(memory === 16 ? { wide: 'avx' } : {}),
}));
