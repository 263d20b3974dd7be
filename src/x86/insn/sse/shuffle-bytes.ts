// Byte shuffles, alignment, duplication and widening (SDM vol 2 "PSHUFB", "PALIGNR", "MOVDDUP", "PMOVSXBW", "PACKUSDW", …).
import type { SimdMemoryOp, SimdOp } from '../../../wasm/opcodes';
import { byLane, immediateByte, keepV128, type Operation, simd, type VectorInsn } from './operation';

const all = (byte: number): number[] => Array.from({ length: 16 }, () => byte);
const IOTA = all(0).map((_, i) => i);

/** Indexes with bit 7 give 0, as those above 15 do in WebAssembly. */
const shuffleBytes = byLane(({ f }, a, b, at) => {
  f.get(a).simdMem('v128.load', at).get(b).simdMem('v128.load', at).v128(all(0x8f)).simd('v128.and').simd('i8x16.swizzle');
});
/** Source 1 above source 2, shifted right by bytes: in both, indexes outside give 0. */
const align: Operation = (c, operands) => {
  const immediate = immediateByte(c);
  c.f.get(immediate).i32(32).get(immediate).i32(32).op('i32.lt_u', 'select').simd('i8x16.splat').v128(IOTA).simd('i8x16.add');
  const low = keepV128(c);
  byLane(({ f }, a, b, at) => {
    f.get(b).simdMem('v128.load', at).get(low).simd('i8x16.swizzle');
    f.get(a).simdMem('v128.load', at).get(low).v128(all(16)).simd('i8x16.sub').simd('i8x16.swizzle').simd('v128.or');
  })(c, operands);
};
const duplicate = (order: readonly number[]): Operation =>
  byLane((c, _a, b, at) => {
    c.f.get(b).simdMem('v128.load', at);
    const x = keepV128(c);
    c.f.get(x).get(x).shuffle(order);
  });
/** MOVDDUP reads 64 bits at 128, all 256 at 256. */
const duplicateLow = byLane(({ f }, _a, b, at) => {
  f.get(b).simdMem('v128.load64_splat', at);
});

/** Lanes of the source widened: at 256 bits twice as many of them, all read before the first is stored. */
const widen =
  (memory: 2 | 4 | 8, steps: readonly SimdOp[]): Operation =>
  (c, { bytes, destination, source2 }) => {
    const lanes: number[] = [];
    for (let at = 0; at < bytes; at += 16) {
      const from = (at / 16) * memory;
      if (memory === 2) c.f.get(source2).mem('i32.load16_u', from).simd('i32x4.splat');
      else c.f.get(source2).simdMem(LOADS[memory], from);
      for (const step of steps) c.f.simd(step);
      lanes.push(keepV128(c));
    }
    lanes.forEach((lane, i) => {
      c.f
        .get(destination)
        .get(lane)
        .simdMem('v128.store', i * 16);
    });
  };
const LOADS: Readonly<Record<4 | 8, SimdMemoryOp>> = { 4: 'v128.load32_zero', 8: 'v128.load64_zero' };
const STEPS = {
  BW: { memory: 8, shapes: ['i16x8.extend_low_i8x16'] },
  BD: { memory: 4, shapes: ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8'] },
  BQ: { memory: 2, shapes: ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4'] },
  WD: { memory: 8, shapes: ['i32x4.extend_low_i16x8'] },
  WQ: { memory: 4, shapes: ['i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4'] },
  DQ: { memory: 8, shapes: ['i64x2.extend_low_i32x4'] },
} as const;

export const SHUFFLE_BYTES: readonly VectorInsn[] = [
  { name: 'PSHUFB', encoding: '66 0F 38 00', feature: 'ssse3', run: shuffleBytes, destination: 'rw', memory: 16, wide: 'avx2' },
  { name: 'PALIGNR', encoding: '66 0F 3A 0F', feature: 'ssse3', run: align, destination: 'rw', memory: 16, immediate: true, wide: 'avx2' },
  {
    name: 'PACKUSDW',
    encoding: '66 0F 38 2B',
    feature: 'sse4.1',
    run: simd('i16x8.narrow_i32x4_u'),
    destination: 'rw',
    memory: 16,
    wide: 'avx2',
  },
  { name: 'MOVDDUP', encoding: 'F2 0F 12', feature: 'sse3', run: duplicateLow, destination: 'w', memory: 8, memory256: 32, wide: 'avx' },
  ...(
    [
      ['MOVSLDUP', 'F3 0F 12', [0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]],
      ['MOVSHDUP', 'F3 0F 16', [4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]],
    ] as const
  ).map(([name, encoding, order]): VectorInsn => {
    return { name, encoding, feature: 'sse3', run: duplicate(order), destination: 'w', memory: 16, wide: 'avx' };
  }),
  ...(['S', 'Z'] as const).flatMap((kind) =>
    (['BW', 'BD', 'BQ', 'WD', 'WQ', 'DQ'] as const).map((widths, i): VectorInsn => {
      const { memory, shapes } = STEPS[widths];
      const run = widen(
        memory,
        shapes.map((shape): SimdOp => `${shape}_${kind === 'S' ? 's' : 'u'}`),
      );
      const encoding = `66 0F 38 ${kind === 'S' ? 2 : 3}${i}`;
      return { name: `PMOV${kind}X${widths}`, encoding, feature: 'sse4.1', run, destination: 'w', memory, wide: 'avx2' };
    }),
  ),
];
