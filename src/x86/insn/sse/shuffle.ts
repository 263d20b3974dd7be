// Unpacking, packing and shuffling of lanes (SDM vol 2 "PUNPCKLBW", "PACKSSWB", "PSHUFD", "SHUFPS", …).
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import type { InsnContext } from '../../emit/context';
import { byLane, immediateByte, type LaneOperation, type Operation, simd, type VectorInsn } from './operation';

/** Lanes of `bytes` of both sources in turn, from their low or high halves. */
const unpack = (bytes: 1 | 2 | 4 | 8, high: boolean): Operation => {
  const order = Array.from({ length: 16 }, (_, i) => {
    const lane = Math.floor(i / bytes);
    return (high ? 8 : 0) + (lane >> 1) * bytes + (i % bytes) + (lane & 1) * 16;
  });
  return byLane(({ f }, a, b, at) => {
    f.get(a).simdMem('v128.load', at).get(b).simdMem('v128.load', at).shuffle(order);
  });
};

/** Pushes the address of the lane that `bits` of the immediate choose: lanes of `bytes` from `source`. */
function chosen(c: InsnContext, source: Local, immediate: Local, shift: number, bits: 1 | 2, bytes: 2 | 4 | 8): void {
  c.f
    .get(source)
    .get(immediate)
    .i32(shift)
    .op('i32.shr_u')
    .i32(bits === 2 ? 3 : 1)
    .op('i32.and')
    .i32(bytes)
    .op('i32.mul', 'i32.add');
}
/** Four lanes by two bits each; `sources` says from where. */
const fourDwords =
  (sources: (a: Local, b: Local) => readonly Local[]): LaneOperation =>
  (c, a, b, at) => {
    const immediate = immediateByte(c);
    const out = c.tempV128();
    sources(a, b).forEach((source, n) => {
      chosen(c, source, immediate, n * 2, 2, 4);
      if (n === 0) c.f.simdMem('v128.load32_zero', at);
      else c.f.get(out).simdLane('v128.load32_lane', n, at);
      c.f.set(out);
    });
    c.f.get(out);
  };
const fourWords =
  (half: 0 | 8): LaneOperation =>
  (c, _a, b, at) => {
    const immediate = immediateByte(c);
    const out = c.tempV128();
    c.f.get(b).simdMem('v128.load', at).set(out);
    for (let n = 0; n < 4; n++) {
      chosen(c, b, immediate, n * 2, 2, 2);
      c.f
        .get(out)
        .simdLane('v128.load16_lane', n + half / 2, at + half)
        .set(out);
    }
    c.f.get(out);
  };
/** Two bits of the immediate for each 128-bit lane. */
const twoQuads: LaneOperation = (c, a, b, at) => {
  const immediate = immediateByte(c);
  const out = c.tempV128();
  chosen(c, a, immediate, at / 8, 1, 8);
  c.f.simdMem('v128.load64_zero', at).set(out);
  chosen(c, b, immediate, at / 8 + 1, 1, 8);
  c.f.get(out).simdLane('v128.load64_lane', 1, at);
};

const UNPACK: readonly [string, string, 1 | 2 | 4 | 8, boolean][] = [
  ['PUNPCKLBW', '66 0F 60', 1, false],
  ['PUNPCKLWD', '66 0F 61', 2, false],
  ['PUNPCKLDQ', '66 0F 62', 4, false],
  ['PUNPCKLQDQ', '66 0F 6C', 8, false],
  ['PUNPCKHBW', '66 0F 68', 1, true],
  ['PUNPCKHWD', '66 0F 69', 2, true],
  ['PUNPCKHDQ', '66 0F 6A', 4, true],
  ['PUNPCKHQDQ', '66 0F 6D', 8, true],
  ['UNPCKLPS', 'NP 0F 14', 4, false],
  ['UNPCKLPD', '66 0F 14', 8, false],
  ['UNPCKHPS', 'NP 0F 15', 4, true],
  ['UNPCKHPD', '66 0F 15', 8, true],
];
const PACK: readonly [string, string, SimdOp][] = [
  ['PACKSSWB', '66 0F 63', 'i8x16.narrow_i16x8_s'],
  ['PACKUSWB', '66 0F 67', 'i8x16.narrow_i16x8_u'],
  ['PACKSSDW', '66 0F 6B', 'i16x8.narrow_i32x4_s'],
];
const isFloat = (name: string): boolean => !name.startsWith('P');
const feature = (encoding: string): string => (encoding.startsWith('NP') ? 'sse' : 'sse2');

export const SHUFFLE: readonly VectorInsn[] = [
  ...UNPACK.map(([name, encoding, bytes, high]): VectorInsn => {
    const wide = isFloat(name) ? 'avx' : 'avx2';
    return { name, encoding, feature: feature(encoding), run: unpack(bytes, high), destination: 'rw', memory: 16, wide };
  }),
  ...PACK.map(
    ([name, encoding, op]): VectorInsn => ({
      name,
      encoding,
      feature: 'sse2',
      run: simd(op),
      destination: 'rw',
      memory: 16,
      wide: 'avx2',
    }),
  ),
  ...(
    [
      ['PSHUFD', '66 0F 70', fourDwords((_a, b) => [b, b, b, b]), 'w'],
      ['PSHUFHW', 'F3 0F 70', fourWords(8), 'w'],
      ['PSHUFLW', 'F2 0F 70', fourWords(0), 'w'],
      ['SHUFPS', 'NP 0F C6', fourDwords((a, b) => [a, a, b, b]), 'rw'],
      ['SHUFPD', '66 0F C6', twoQuads, 'rw'],
    ] as const
  ).map(([name, encoding, lane, destination]): VectorInsn => {
    const wide = isFloat(name) ? 'avx' : 'avx2';
    return { name, encoding, feature: feature(encoding), run: byLane(lane), destination, memory: 16, immediate: true, wide };
  }),
];
