// Sign masks of lanes into general registers (SDM vol 2 "PMOVMSKB", "MOVMSKPS").
import type { SimdOp } from '../../../wasm/opcodes';
import { type Emit, type InsnRow, row } from '../row';
import { sse } from './operation';

/** Operand 0 is a general register, 1 a vector register of `bytes`. */
export const moveMask =
  (op: SimdOp, bytes: 16 | 32, bits: 16 | 4 | 2): Emit =>
  (c) => {
    const source = c.slot(1);
    const { f } = c;
    f.get(source).simdMem('v128.load').simd(op);
    if (bytes === 32) f.get(source).simdMem('v128.load', 16).simd(op).i32(bits).op('i32.shl', 'i32.or');
    f.op('i64.extend_i32_u');
    c.write(0, c.keep());
  };

export const MASK_ROWS: readonly InsnRow[] = [
  row('PMOVMSKB', '66 0F D7 /r', 'r32:w, X128:r', sse('sse2', moveMask('i8x16.bitmask', 16, 16))),
  row('MOVMSKPS', 'NP 0F 50 /r', 'r32:w, X128:r', sse('sse', moveMask('i32x4.bitmask', 16, 4))),
  row('MOVMSKPD', '66 0F 50 /r', 'r32:w, X128:r', sse('sse2', moveMask('i64x2.bitmask', 16, 2))),
];
