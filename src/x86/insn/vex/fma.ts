// FMA (SDM vol 2 "VFMADD132PS" …): opcodes 96 to 9F for 132, A6 to AF for 213, B6 to BF for 231.
import type { FusedOperation } from '../../simd/fused';
import { type InsnRow, row } from '../row';
import { avx, clearAbove, type VectorBytes } from './generator';
import { WIDTHS } from './lanes';

const ORDERS = [
  ['132', 0x90],
  ['213', 0xa0],
  ['231', 0xb0],
] as const;
const FORMATS = [
  ['s', 'W0', 32],
  ['d', 'W1', 64],
] as const;
const ALTERNATING = [
  ['fmaddsub', 6],
  ['fmsubadd', 7],
] as const;
/** The scalar form's opcode is one more. */
const UNIFORM = [
  ['fmadd', 8],
  ['fmsub', 10],
  ['fnmadd', 12],
  ['fnmsub', 14],
] as const;

function fused(operation: FusedOperation, opcode: number, length: string, w: string, operands: string, sourceBytes: number): InsnRow {
  const bytes: VectorBytes = sourceBytes === 32 ? 32 : 16;
  return row(`V${operation.toUpperCase()}`, `VEX.${length}.66.0F38.${w} ${opcode.toString(16).toUpperCase()} /r`, operands, {
    ...avx('fma', (c) => {
      const source2 = c.xmm(2, sourceBytes);
      const destination = c.slot(0);
      c.vector(operation, { bytes, destination, source1: c.slot(1), source2 });
      if (bytes === 16) clearAbove(c, destination, 16);
    }),
    size: bytes,
  });
}

export const FMA_ROWS: readonly InsnRow[] = ORDERS.flatMap(([order, base]) =>
  FORMATS.flatMap(([suffix, w, bits]) => [
    ...WIDTHS.flatMap(({ bytes, length, suffix: width }) =>
      [...ALTERNATING, ...UNIFORM].map(([name, opcode]) =>
        fused(`${name}${order}p${suffix}`, base + opcode, length, w, `x${width}:rw, vx${width}:r, xm${length}:r`, bytes),
      ),
    ),
    ...UNIFORM.map(([name, opcode]) =>
      fused(`${name}${order}s${suffix}`, base + opcode + 1, 'LIG', w, `x:rw, vx:r, xm${bits}:r`, bits / 8),
    ),
  ]),
);
