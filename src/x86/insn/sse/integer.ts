// Packed integer arithmetic, comparison and logic (SDM vol 2): rows that are one WebAssembly instruction, and those made of a few.
import type { SimdOp } from '../../../wasm/opcodes';
import { byLane, loadLane, type Operation, simd, type VectorInsn } from './operation';

/** Bytes 2 and 3 of each 32-bit lane of both vectors: high halves of products. */
const HIGH_HALVES = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
/** Even 32-bit lanes in the low half. */
const EVEN_DWORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

const multiplyHigh = (signed: boolean): Operation =>
  byLane((c, a, b, at) => {
    const suffix = signed ? 's' : 'u';
    const x = loadLane(c, a, at);
    const y = loadLane(c, b, at);
    c.f.get(x).get(y).simd(`i32x4.extmul_low_i16x8_${suffix}`).get(x).get(y).simd(`i32x4.extmul_high_i16x8_${suffix}`).shuffle(HIGH_HALVES);
  });
export const multiplyEven = (signed: boolean): Operation =>
  byLane((c, a, b, at) => {
    for (const source of [a, b]) {
      const x = loadLane(c, source, at);
      c.f.get(x).get(x).shuffle(EVEN_DWORDS);
    }
    c.f.simd(signed ? 'i64x2.extmul_low_i32x4_s' : 'i64x2.extmul_low_i32x4_u');
  });
/** Sums of eight absolute differences. */
const sumOfDifferences = byLane((c, a, b, at) => {
  const x = loadLane(c, a, at);
  const y = loadLane(c, b, at);
  const { f } = c;
  f.get(x).get(y).simd('i8x16.max_u').get(x).get(y).simd('i8x16.min_u').simd('i8x16.sub');
  f.simd('i16x8.extadd_pairwise_i8x16_u').simd('i32x4.extadd_pairwise_i16x8_u');
  const sums = c.tempV128();
  f.set(sums).get(sums).get(sums).i32(32).simd('i64x2.shr_u').simd('i32x4.add').i64(0xffff_ffff).simd('i64x2.splat').simd('v128.and');
});

const DIRECT: readonly [string, string, SimdOp, boolean?][] = [
  ['PXOR', '66 0F EF', 'v128.xor'],
  ['POR', '66 0F EB', 'v128.or'],
  ['PAND', '66 0F DB', 'v128.and'],
  ['PANDN', '66 0F DF', 'v128.andnot', true],
  ['PADDB', '66 0F FC', 'i8x16.add'],
  ['PADDW', '66 0F FD', 'i16x8.add'],
  ['PADDD', '66 0F FE', 'i32x4.add'],
  ['PADDQ', '66 0F D4', 'i64x2.add'],
  ['PSUBB', '66 0F F8', 'i8x16.sub'],
  ['PSUBW', '66 0F F9', 'i16x8.sub'],
  ['PSUBD', '66 0F FA', 'i32x4.sub'],
  ['PSUBQ', '66 0F FB', 'i64x2.sub'],
  ['PADDSB', '66 0F EC', 'i8x16.add_sat_s'],
  ['PADDSW', '66 0F ED', 'i16x8.add_sat_s'],
  ['PADDUSB', '66 0F DC', 'i8x16.add_sat_u'],
  ['PADDUSW', '66 0F DD', 'i16x8.add_sat_u'],
  ['PSUBSB', '66 0F E8', 'i8x16.sub_sat_s'],
  ['PSUBSW', '66 0F E9', 'i16x8.sub_sat_s'],
  ['PSUBUSB', '66 0F D8', 'i8x16.sub_sat_u'],
  ['PSUBUSW', '66 0F D9', 'i16x8.sub_sat_u'],
  ['PMINUB', '66 0F DA', 'i8x16.min_u'],
  ['PMAXUB', '66 0F DE', 'i8x16.max_u'],
  ['PMINSW', '66 0F EA', 'i16x8.min_s'],
  ['PMAXSW', '66 0F EE', 'i16x8.max_s'],
  ['PAVGB', '66 0F E0', 'i8x16.avgr_u'],
  ['PAVGW', '66 0F E3', 'i16x8.avgr_u'],
  ['PMULLW', '66 0F D5', 'i16x8.mul'],
  ['PMADDWD', '66 0F F5', 'i32x4.dot_i16x8_s'],
  ['PCMPEQB', '66 0F 74', 'i8x16.eq'],
  ['PCMPEQW', '66 0F 75', 'i16x8.eq'],
  ['PCMPEQD', '66 0F 76', 'i32x4.eq'],
  ['PCMPGTB', '66 0F 64', 'i8x16.gt_s'],
  ['PCMPGTW', '66 0F 65', 'i16x8.gt_s'],
  ['PCMPGTD', '66 0F 66', 'i32x4.gt_s'],
];
const MADE: readonly [string, string, Operation][] = [
  ['PMULHW', '66 0F E5', multiplyHigh(true)],
  ['PMULHUW', '66 0F E4', multiplyHigh(false)],
  ['PMULUDQ', '66 0F F4', multiplyEven(false)],
  ['PSADBW', '66 0F F6', sumOfDifferences],
];
const LOGIC: readonly [string, string, SimdOp, boolean?][] = [
  ['XORPS', 'NP 0F 57', 'v128.xor'],
  ['XORPD', '66 0F 57', 'v128.xor'],
  ['ORPS', 'NP 0F 56', 'v128.or'],
  ['ORPD', '66 0F 56', 'v128.or'],
  ['ANDPS', 'NP 0F 54', 'v128.and'],
  ['ANDPD', '66 0F 54', 'v128.and'],
  ['ANDNPS', 'NP 0F 55', 'v128.andnot', true],
  ['ANDNPD', '66 0F 55', 'v128.andnot', true],
];
const common = { destination: 'rw', memory: 16 } as const;

export const INTEGER: readonly VectorInsn[] = [
  ...DIRECT.map(
    ([name, encoding, op, swapped]): VectorInsn => ({ name, encoding, feature: 'sse2', run: simd(op, swapped), wide: 'avx2', ...common }),
  ),
  ...MADE.map(([name, encoding, run]): VectorInsn => ({ name, encoding, feature: 'sse2', run, wide: 'avx2', ...common })),
  ...LOGIC.map(([name, encoding, op, swapped]): VectorInsn => {
    const feature = encoding.startsWith('NP') ? 'sse' : 'sse2';
    return { name, encoding, feature, run: simd(op, swapped), wide: 'avx', ...common };
  }),
];
