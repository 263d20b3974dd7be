// Packed shifts by the low 64 bits of a register or memory operand, and by an immediate (SDM vol 2 "PSLLW", "PSRAW", "PSLLDQ", …).
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import type { InsnContext } from '../../emit/context';
import { type InsnRow, row } from '../row';
import { byLane, immediateByte, type Operation, sse, type VectorInsn } from './operation';

interface Kind {
  bits: 16 | 32 | 64;
  op: SimdOp;
  arithmetic?: boolean;
}
const IOTA = Array.from({ length: 16 }, (_, i) => i);

/** Shifts every lane by an i64 count; beyond the lane's bits nothing, or the sign, is left. */
function shiftAll(c: InsnContext, { bits, op, arithmetic }: Kind, count: Local, a: Local, at: number): void {
  const { f } = c;
  f.get(a).simdMem('v128.load', at);
  if (arithmetic) {
    f.get(count)
      .i64(bits - 1)
      .get(count)
      .i64(bits)
      .op('i64.lt_u', 'select', 'i32.wrap_i64')
      .simd(op);
    return;
  }
  f.get(count).op('i32.wrap_i64').simd(op);
  f.i64(0).get(count).i64(bits).op('i64.lt_u', 'i64.extend_i32_u', 'i64.sub').simd('i64x2.splat').simd('v128.and');
}
/** The count is the first quadword of source 2, at every width. */
const byOperand =
  (kind: Kind): Operation =>
  (c, operands) => {
    c.f.get(operands.source2).mem('i64.load');
    const count = c.keep();
    byLane((_c, a, _b, at) => shiftAll(c, kind, count, a, at))(c, operands);
  };
const byImmediate =
  (kind: Kind): Operation =>
  (c, operands) => {
    c.f.get(immediateByte(c)).op('i64.extend_i32_u');
    const count = c.keep();
    byLane((_c, a, _b, at) => shiftAll(c, kind, count, a, at))(c, operands);
  };
/** By bytes, inside each 128-bit lane: indexes outside it give 0. */
const bytesByImmediate =
  (op: 'i8x16.sub' | 'i8x16.add'): Operation =>
  (c, operands) => {
    const immediate = immediateByte(c);
    c.f.get(immediate).i32(16).get(immediate).i32(16).op('i32.lt_u', 'select');
    const count = c.keep32();
    byLane(({ f }, a, _b, at) => {
      f.get(a).simdMem('v128.load', at).v128(IOTA).get(count).simd('i8x16.splat').simd(op).simd('i8x16.swizzle');
    })(c, operands);
  };

const KINDS = {
  PSLLW: { bits: 16, op: 'i16x8.shl' },
  PSLLD: { bits: 32, op: 'i32x4.shl' },
  PSLLQ: { bits: 64, op: 'i64x2.shl' },
  PSRLW: { bits: 16, op: 'i16x8.shr_u' },
  PSRLD: { bits: 32, op: 'i32x4.shr_u' },
  PSRLQ: { bits: 64, op: 'i64x2.shr_u' },
  PSRAW: { bits: 16, op: 'i16x8.shr_s', arithmetic: true },
  PSRAD: { bits: 32, op: 'i32x4.shr_s', arithmetic: true },
} as const satisfies Record<string, Kind>;
const BY_OPERAND: readonly [keyof typeof KINDS, string][] = [
  ['PSRLW', '66 0F D1'],
  ['PSRLD', '66 0F D2'],
  ['PSRLQ', '66 0F D3'],
  ['PSRAW', '66 0F E1'],
  ['PSRAD', '66 0F E2'],
  ['PSLLW', '66 0F F1'],
  ['PSLLD', '66 0F F2'],
  ['PSLLQ', '66 0F F3'],
];

export const SHIFT: readonly VectorInsn[] = BY_OPERAND.map(([name, encoding]) => ({
  name,
  encoding,
  feature: 'sse2',
  run: byOperand(KINDS[name]),
  destination: 'rw',
  memory: 16,
  memory256: 16,
  wide: 'avx2',
}));

/** Shifts by an immediate: source 1 is ModRM.rm, a register, and so is the legacy form's destination (VEX: VEX.vvvv). Source 2 is not looked at. */
export const SHIFT_IMMEDIATE: readonly { name: string; encoding: string; run: Operation }[] = [
  { name: 'PSRLW', encoding: '66 0F 71 /2', run: byImmediate(KINDS.PSRLW) },
  { name: 'PSRAW', encoding: '66 0F 71 /4', run: byImmediate(KINDS.PSRAW) },
  { name: 'PSLLW', encoding: '66 0F 71 /6', run: byImmediate(KINDS.PSLLW) },
  { name: 'PSRLD', encoding: '66 0F 72 /2', run: byImmediate(KINDS.PSRLD) },
  { name: 'PSRAD', encoding: '66 0F 72 /4', run: byImmediate(KINDS.PSRAD) },
  { name: 'PSLLD', encoding: '66 0F 72 /6', run: byImmediate(KINDS.PSLLD) },
  { name: 'PSRLQ', encoding: '66 0F 73 /2', run: byImmediate(KINDS.PSRLQ) },
  { name: 'PSRLDQ', encoding: '66 0F 73 /3', run: bytesByImmediate('i8x16.add') },
  { name: 'PSLLQ', encoding: '66 0F 73 /6', run: byImmediate(KINDS.PSLLQ) },
  { name: 'PSLLDQ', encoding: '66 0F 73 /7', run: bytesByImmediate('i8x16.sub') },
];

export const SHIFT_IMMEDIATE_ROWS: readonly InsnRow[] = SHIFT_IMMEDIATE.map(({ name, encoding, run }) =>
  row(
    name,
    `${encoding} ib`,
    'X128:rw, imm',
    sse('sse2', (c) => {
      const to = c.slot(0);
      run(c, { bytes: 16, destination: to, source1: to, source2: to });
    }),
  ),
);
