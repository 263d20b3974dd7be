// VBROADCAST, VPBROADCAST, VINSERTF128, VEXTRACTF128 and their integer twins (SDM vol 2).
import type { SimdMemoryOp } from '../../../wasm/opcodes';
import { type Emit, type InsnRow, row } from '../row';
import { keepV128 } from '../sse/operation';
import { avx, type VectorBytes } from './generator';
import { loadHalf, storeHalves, WIDTHS } from './lanes';

const broadcast =
  (bytes: VectorBytes, op: SimdMemoryOp, sourceBytes: number): Emit =>
  (c) => {
    c.f.get(c.xmm(1, sourceBytes)).simdMem(op);
    const value = keepV128(c);
    storeHalves(c, c.slot(0), bytes === 32 ? [value, value] : [value]);
  };

const insert: Emit = (c) => {
  const { f } = c;
  const part = loadHalf(c, c.xmm(2, 16), 0);
  const source = c.slot(1);
  const halves = [0, 1].map((half) => {
    f.get(part).get(loadHalf(c, source, half * 16));
    c.immediate32();
    f.i32(1).op('i32.and').i32(half).op('i32.eq', 'select');
    return keepV128(c);
  });
  storeHalves(c, c.slot(0), halves);
};
const extract: Emit = (c) => {
  const { f } = c;
  const to = c.hasMemory ? c.hostWrite(0, 16) : c.slot(0);
  f.get(c.slot(1));
  c.immediate32();
  f.i32(1).op('i32.and').i32(4).op('i32.shl', 'i32.add').simdMem('v128.load');
  const part = keepV128(c);
  if (!c.hasMemory) {
    storeHalves(c, to, [part]);
    return;
  }
  f.get(to).get(part).simdMem('v128.store');
  c.commit(to);
};

const INTEGERS: readonly [string, string, number, SimdMemoryOp][] = [
  ['VPBROADCASTB', '78', 8, 'v128.load8_splat'],
  ['VPBROADCASTW', '79', 16, 'v128.load16_splat'],
  ['VPBROADCASTD', '58', 32, 'v128.load32_splat'],
  ['VPBROADCASTQ', '59', 64, 'v128.load64_splat'],
];
/** Feature, and the opcodes of VBROADCAST, VINSERT and VEXTRACT. */
const HALVES = [
  ['F128', 'avx', '1A', '18', '19'],
  ['I128', 'avx2', '5A', '38', '39'],
] as const;

export const BROADCAST_ROWS: readonly InsnRow[] = [
  ...WIDTHS.flatMap(({ bytes, length, suffix }) => [
    row('VBROADCASTSS', `VEX.${length}.66.0F38.W0 18 /r`, `x${suffix}:w, m32:r`, avx('avx', broadcast(bytes, 'v128.load32_splat', 4))),
    row('VBROADCASTSS', `VEX.${length}.66.0F38.W0 18 /r`, `x${suffix}:w, X32:r`, avx('avx2', broadcast(bytes, 'v128.load32_splat', 4))),
    ...INTEGERS.map(([name, opcode, bits, op]) =>
      row(name, `VEX.${length}.66.0F38.W0 ${opcode} /r`, `x${suffix}:w, xm${bits}:r`, avx('avx2', broadcast(bytes, op, bits / 8))),
    ),
  ]),
  row('VBROADCASTSD', 'VEX.256.66.0F38.W0 19 /r', 'x256:w, m64:r', avx('avx', broadcast(32, 'v128.load64_splat', 8))),
  row('VBROADCASTSD', 'VEX.256.66.0F38.W0 19 /r', 'x256:w, X64:r', avx('avx2', broadcast(32, 'v128.load64_splat', 8))),
  ...HALVES.flatMap(([suffix, feature, whole, into, from]) => [
    row(`VBROADCAST${suffix}`, `VEX.256.66.0F38.W0 ${whole} /r`, 'x256:w, m128:r', avx(feature, broadcast(32, 'v128.load', 16))),
    row(`VINSERT${suffix}`, `VEX.256.66.0F3A.W0 ${into} /r ib`, 'x256:w, vx256:r, xm128:r, imm', avx(feature, insert)),
    row(`VEXTRACT${suffix}`, `VEX.256.66.0F3A.W0 ${from} /r ib`, 'xm128:w, x256:r, imm', avx(feature, extract)),
  ]),
];
