// PTEST: ZF and CF by what two vectors have in common (SDM vol 2).
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import type { InsnContext } from '../../emit/context';
import { ARITHMETIC_FLAGS } from '../../emit/flags';
import { type InsnRow, row } from '../row';
import { checkAligned, sse } from './operation';

/** ZF: `b AND a` has none of the bits of `mask`; CF: `b AND NOT a` has none. All other arithmetic flags are cleared. */
export function testBits(c: InsnContext, bytes: 16 | 32, a: Local, b: Local, mask?: readonly number[]): void {
  const { f } = c;
  const none = (op: SimdOp): void => {
    for (let at = 0; at < bytes; at += 16) {
      f.get(b).simdMem('v128.load', at).get(a).simdMem('v128.load', at).simd(op);
      if (mask) f.v128(mask).simd('v128.and');
      if (at > 0) f.simd('v128.or');
    }
    f.simd('v128.any_true').op('i32.eqz');
  };
  none('v128.and');
  f.i32(6).op('i32.shl');
  none('v128.andnot');
  f.op('i32.or', 'i64.extend_i32_u');
  c.flagsReplace(ARITHMETIC_FLAGS, c.keep());
}

export const TEST_ROWS: readonly InsnRow[] = [
  row(
    'PTEST',
    '66 0F 38 17 /r',
    'x:r, xm128:r',
    sse(
      'sse4.1',
      (c) => {
        checkAligned(c, 1);
        const source2 = c.xmm(1, 16);
        testBits(c, 16, c.slot(0), source2);
      },
      { flags: { write: 'cpazso' } },
    ),
  ),
];
