// CMP by predicate, and UCOMIS and COMIS, which set flags (SDM vol 2): without NaNs and denormals nothing is raised, whatever MXCSR says.
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { ARITHMETIC_FLAGS } from '../../emit/flags';
import { TRUTH } from '../../simd/float-compare';
import type { VectorOperation } from '../../simd/operations';
import { type Emit, type InsnRow, row } from '../row';
import { type FloatShape, fastOr, pushOrdinary } from './fast-float';
import { keepScalar, loadScalar, pushScalarOrdinary, type Scalar, scalarOr } from './fast-scalar';
import { immediateByte, keepV128, loadLane, type Operation, sse, type VectorInsn } from './operation';

/** Bit n: predicate n holds for less, equal, greater. Predicates 16 to 31 differ from those in exceptions only. */
const holdingFor = (ordinal: number): number => TRUTH.reduce((all, truth, n) => all | (((truth >> ordinal) & 1) << n), 0);
const ORDERS = [
  ['lt', holdingFor(0)],
  ['eq', holdingFor(1)],
  ['gt', holdingFor(2)],
] as const;
/** Pushes an i32, 0 or −1: the immediate's predicate is in the set. `predicates`: how many the form has. */
function pushHolds(c: InsnContext, immediate: Local, set: number, predicates: 8 | 32): void {
  c.f.i32(0).i32(set).get(immediate);
  c.f
    .i32(predicates === 8 ? 7 : 15)
    .op('i32.and', 'i32.shr_u')
    .i32(1)
    .op('i32.and', 'i32.sub');
}

export const packedCompare =
  (name: VectorOperation, shape: FloatShape, predicates: 8 | 32): Operation =>
  (c, operands) => {
    const { f } = c;
    const immediate = immediateByte(c);
    fastOr(c, operands, name, (at) => {
      const a = loadLane(c, operands.source1, at);
      const b = loadLane(c, operands.source2, at);
      ORDERS.forEach(([order, set], i) => {
        f.get(a).get(b).simd(`${shape}.${order}`);
        pushHolds(c, immediate, set, predicates);
        f.simd('i32x4.splat').simd('v128.and');
        if (i > 0) f.simd('v128.or');
      });
      const result = keepV128(c);
      pushOrdinary(c, shape, a);
      pushOrdinary(c, shape, b);
      f.simd('v128.and');
      return { result, allowed: keepV128(c) };
    });
  };
export const scalarCompare =
  (name: VectorOperation, type: Scalar, predicates: 8 | 32): Operation =>
  (c, operands) => {
    const { f } = c;
    c.settleFlags();
    const immediate = immediateByte(c);
    const a = loadScalar(c, type, operands.source1);
    const b = loadScalar(c, type, operands.source2);
    ORDERS.forEach(([order, set], i) => {
      f.i32(0).get(a).get(b).op(`${type}.${order}`, 'i32.sub');
      pushHolds(c, immediate, set, predicates);
      f.op('i32.and');
      if (i > 0) f.op('i32.or');
    });
    if (type === 'f32') f.op('f32.reinterpret_i32');
    else f.op('i64.extend_i32_s', 'f64.reinterpret_i64');
    const result = keepScalar(c, type);
    pushScalarOrdinary(c, type, a);
    pushScalarOrdinary(c, type, b);
    f.op('i32.and');
    scalarOr(c, operands, name, type, result);
  };

/** Operands 0 and 1 of the row, also of a VEX form. */
const compareOrdered =
  (operation: VectorOperation, type: Scalar): Emit =>
  (c) => {
    const { f } = c;
    const source2 = c.xmm(1, type === 'f32' ? 4 : 8);
    const source1 = c.slot(0);
    const destination = c.scratch();
    c.settleFlags();
    const a = loadScalar(c, type, source1);
    const b = loadScalar(c, type, source2);
    // ZF and CF.
    f.get(a).get(b).op(`${type}.eq`).i32(6).op('i32.shl').get(a).get(b).op(`${type}.lt`, 'i32.or', 'i64.extend_i32_u');
    const flags = c.keep();
    pushScalarOrdinary(c, type, a);
    pushScalarOrdinary(c, type, b);
    f.op('i32.and', 'i32.eqz').if();
    c.vector(operation, { bytes: 16, destination, source1, source2 });
    f.get(destination).mem('i64.load').set(flags).end();
    c.flagsReplace(ARITHMETIC_FLAGS, flags);
  };

export const FLOAT_COMPARE: readonly VectorInsn[] = (
  [
    ['CMPPS', 'NP 0F C2', packedCompare('cmpps', 'f32x4', 8), 16, 'sse'],
    ['CMPPD', '66 0F C2', packedCompare('cmppd', 'f64x2', 8), 16, 'sse2'],
    ['CMPSS', 'F3 0F C2', scalarCompare('cmpss', 'f32', 8), 4, 'sse'],
    ['CMPSD', 'F2 0F C2', scalarCompare('cmpsd', 'f64', 8), 8, 'sse2'],
  ] as const
).map(([name, encoding, run, memory, feature]) => ({ name, encoding, feature, run, destination: 'rw', memory, immediate: true }));

export const ORDERED: readonly { name: string; encoding: string; bytes: 4 | 8; feature: string; emit: Emit }[] = [
  { name: 'UCOMISS', encoding: 'NP 0F 2E', bytes: 4, feature: 'sse', emit: compareOrdered('ucomiss', 'f32') },
  { name: 'UCOMISD', encoding: '66 0F 2E', bytes: 8, feature: 'sse2', emit: compareOrdered('ucomisd', 'f64') },
  { name: 'COMISS', encoding: 'NP 0F 2F', bytes: 4, feature: 'sse', emit: compareOrdered('comiss', 'f32') },
  { name: 'COMISD', encoding: '66 0F 2F', bytes: 8, feature: 'sse2', emit: compareOrdered('comisd', 'f64') },
];
export const ORDERED_ROWS: readonly InsnRow[] = ORDERED.map(({ name, encoding, bytes, feature, emit }) =>
  row(name, `${encoding} /r`, `x:r, xm${bytes * 8}:r`, sse(feature, emit, { flags: { write: 'cpazso' } })),
);
