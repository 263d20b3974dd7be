// Packed integer arithmetic of SSSE3, SSE4.1 and SSE4.2 (SDM vol 2 "PHADDW", "PMADDUBSW", "PSIGNB", "PMULHRSW", "PMINSB", …).
import type { SimdOp } from '../../../wasm/opcodes';
import { multiplyEven } from './integer';
import { byLane, loadLane, type Operation, simd, type VectorInsn } from './operation';

const lanesOf = (bytes: 2 | 4, odd: boolean): number[] =>
  Array.from({ length: 16 }, (_, i) => Math.floor(i / bytes) * 2 * bytes + (odd ? bytes : 0) + (i % bytes));

/** Neighbours added or subtracted: those of source 1 below, of source 2 above. */
const horizontal = (bytes: 2 | 4, op: SimdOp): Operation =>
  byLane((c, a, b, at) => {
    const x = loadLane(c, a, at);
    const y = loadLane(c, b, at);
    c.f.get(x).get(y).shuffle(lanesOf(bytes, false)).get(x).get(y).shuffle(lanesOf(bytes, true)).simd(op);
  });
/** Unsigned bytes of source 1 times signed ones of source 2, neighbours added with saturation. */
const multiplyAddBytes = byLane((c, a, b, at) => {
  const x = loadLane(c, a, at);
  const y = loadLane(c, b, at);
  const products = (['low', 'high'] as const).map((half) => {
    c.f.get(x).simd(`i16x8.extend_${half}_i8x16_u`).get(y).simd(`i16x8.extend_${half}_i8x16_s`).simd('i16x8.mul');
    const product = c.tempV128();
    c.f.set(product);
    return product;
  }) as [number, number];
  for (const odd of [false, true]) c.f.get(products[0]).get(products[1]).shuffle(lanesOf(2, odd));
  c.f.simd('i16x8.add_sat_s');
});
const sign = (shape: 'i8x16' | 'i16x8' | 'i32x4'): Operation =>
  byLane((c, a, b, at) => {
    const { f } = c;
    const x = loadLane(c, a, at);
    const y = loadLane(c, b, at);
    const zero = Array.from({ length: 16 }, () => 0);
    f.get(x).simd(`${shape}.neg`).get(x).v128(zero).get(y).simd(`${shape}.gt_s`).simd('v128.bitselect');
    f.get(y).v128(zero).simd(`${shape}.eq`).simd('v128.andnot');
  });
/** WebAssembly saturates −1 × −1, the only product that overflows; here it wraps. */
const multiplyRound = byLane((c, a, b, at) => {
  const lowest = Array.from({ length: 16 }, (_, i) => (i & 1 ? 0x80 : 0));
  const x = loadLane(c, a, at);
  const y = loadLane(c, b, at);
  c.f.get(x).get(y).simd('i16x8.q15mulr_sat_s');
  c.f.get(x).get(y).simd('v128.and').v128(lowest).simd('i16x8.eq').get(x).get(y).simd('i16x8.eq').simd('v128.and').simd('v128.xor');
});
const unary = (op: SimdOp): Operation =>
  byLane(({ f }, _a, b, at) => {
    f.get(b).simdMem('v128.load', at).simd(op);
  });

const ROWS: readonly [string, string, string, Operation][] = [
  ['PHADDW', '66 0F 38 01', 'ssse3', horizontal(2, 'i16x8.add')],
  ['PHADDD', '66 0F 38 02', 'ssse3', horizontal(4, 'i32x4.add')],
  ['PHADDSW', '66 0F 38 03', 'ssse3', horizontal(2, 'i16x8.add_sat_s')],
  ['PMADDUBSW', '66 0F 38 04', 'ssse3', multiplyAddBytes],
  ['PHSUBW', '66 0F 38 05', 'ssse3', horizontal(2, 'i16x8.sub')],
  ['PHSUBD', '66 0F 38 06', 'ssse3', horizontal(4, 'i32x4.sub')],
  ['PHSUBSW', '66 0F 38 07', 'ssse3', horizontal(2, 'i16x8.sub_sat_s')],
  ['PSIGNB', '66 0F 38 08', 'ssse3', sign('i8x16')],
  ['PSIGNW', '66 0F 38 09', 'ssse3', sign('i16x8')],
  ['PSIGND', '66 0F 38 0A', 'ssse3', sign('i32x4')],
  ['PMULHRSW', '66 0F 38 0B', 'ssse3', multiplyRound],
  ['PMULDQ', '66 0F 38 28', 'sse4.1', multiplyEven(true)],
  ['PCMPEQQ', '66 0F 38 29', 'sse4.1', simd('i64x2.eq')],
  ['PCMPGTQ', '66 0F 38 37', 'sse4.2', simd('i64x2.gt_s')],
  ['PMINSB', '66 0F 38 38', 'sse4.1', simd('i8x16.min_s')],
  ['PMINSD', '66 0F 38 39', 'sse4.1', simd('i32x4.min_s')],
  ['PMINUW', '66 0F 38 3A', 'sse4.1', simd('i16x8.min_u')],
  ['PMINUD', '66 0F 38 3B', 'sse4.1', simd('i32x4.min_u')],
  ['PMAXSB', '66 0F 38 3C', 'sse4.1', simd('i8x16.max_s')],
  ['PMAXSD', '66 0F 38 3D', 'sse4.1', simd('i32x4.max_s')],
  ['PMAXUW', '66 0F 38 3E', 'sse4.1', simd('i16x8.max_u')],
  ['PMAXUD', '66 0F 38 3F', 'sse4.1', simd('i32x4.max_u')],
  ['PMULLD', '66 0F 38 40', 'sse4.1', simd('i32x4.mul')],
];
const ABSOLUTE: readonly [string, string, SimdOp][] = [
  ['PABSB', '66 0F 38 1C', 'i8x16.abs'],
  ['PABSW', '66 0F 38 1D', 'i16x8.abs'],
  ['PABSD', '66 0F 38 1E', 'i32x4.abs'],
];

export const INTEGER_EXTENDED: readonly VectorInsn[] = [
  ...ROWS.map(([name, encoding, feature, run]): VectorInsn => {
    return { name, encoding, feature, run, destination: 'rw', memory: 16, wide: 'avx2' };
  }),
  ...ABSOLUTE.map(([name, encoding, op]): VectorInsn => {
    return { name, encoding, feature: 'ssse3', run: unary(op), destination: 'w', memory: 16, wide: 'avx2' };
  }),
];
