// Blending of lanes by an immediate and by sign bits of XMM0 (SDM vol 2 "PBLENDW", "BLENDPS", "BLENDVPS", "PBLENDVB").
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import { S, STATE } from '../../layout';
import { type InsnRow, row } from '../row';
import { byLane, checkAligned, immediateByte, type Operation, sse, type VectorInsn } from './operation';

/** One lane's bit number in the immediate; at 256 bits BLENDPS and BLENDPD go on in the next bits, PBLENDW takes the same again. */
const byImmediate =
  (bytes: 2 | 4 | 8, again: boolean): Operation =>
  (c, operands) => {
    const immediate = immediateByte(c);
    const shape = bytes === 2 ? 'i16x8' : bytes === 4 ? 'i32x4' : 'i64x2';
    byLane(({ f }, a, b, at) => {
      const first = again ? 0 : at / bytes;
      const bits = Array.from({ length: 16 }, (_, i) => (i % bytes === 0 ? 1 << (first + i / bytes) : 0));
      f.get(b).simdMem('v128.load', at).get(a).simdMem('v128.load', at);
      f.get(immediate);
      if (bytes === 8) f.op('i64.extend_i32_u').simd('i64x2.splat');
      else f.simd(`${shape}.splat`);
      f.v128(bits).simd('v128.and').v128(bits).simd(`${shape}.eq`).simd('v128.bitselect');
    })(c, operands);
  };

export const BLEND: readonly VectorInsn[] = (
  [
    ['BLENDPS', '66 0F 3A 0C', 4, 'avx'],
    ['BLENDPD', '66 0F 3A 0D', 8, 'avx'],
    ['PBLENDW', '66 0F 3A 0E', 2, 'avx2'],
  ] as const
).map(([name, encoding, bytes, wide]) => ({
  name,
  encoding,
  feature: 'sse4.1',
  run: byImmediate(bytes, bytes === 2),
  destination: 'rw',
  memory: 16,
  immediate: true,
  wide,
}));

/** Selects by the sign bits of a third vector at `mask`: the VEX forms name it in an immediate, the legacy forms mean XMM0. */
export function blendBySign(toMask: (typeof SIGN_TO_MASK)[number], mask: Local): Operation {
  return byLane(({ f }, a, b, at) => {
    f.get(b).simdMem('v128.load', at).get(a).simdMem('v128.load', at).get(mask).simdMem('v128.load', at);
    f.i32(toMask.bits - 1)
      .simd(toMask.op)
      .simd('v128.bitselect');
  });
}
export const SIGN_TO_MASK: readonly { name: string; opcode: string; op: SimdOp; bits: number }[] = [
  { name: 'PBLENDVB', opcode: '10', op: 'i8x16.shr_s', bits: 8 },
  { name: 'BLENDVPS', opcode: '14', op: 'i32x4.shr_s', bits: 32 },
  { name: 'BLENDVPD', opcode: '15', op: 'i64x2.shr_s', bits: 64 },
];

export const BLEND_ROWS: readonly InsnRow[] = SIGN_TO_MASK.map((item) =>
  row(
    item.name,
    `66 0F 38 ${item.opcode} /r`,
    'x:rw, xm128:r',
    sse('sse4.1', (c) => {
      checkAligned(c, 1);
      const source2 = c.xmm(1, 16);
      const destination = c.slot(0);
      c.f.i32(STATE + S.ymm);
      blendBySign(item, c.keep32())(c, { bytes: 16, destination, source1: destination, source2 });
    }),
  ),
);
