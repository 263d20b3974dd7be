// VPERM…, VPERMIL… and VPBLENDD (SDM vol 2).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { type Emit, type InsnRow, row } from '../row';
import { immediateByte, keepV128 } from '../sse/operation';
import { avx, type VectorBytes } from './generator';
import { storeHalves, storeLoaded, WIDTHS } from './lanes';

/** Pushes base + offset + (the i32 on the stack, masked) * bytes. */
function laneAddress(c: InsnContext, base: Local, offset: number, mask: number, bytes: 4 | 8): void {
  c.f
    .i32(mask)
    .op('i32.and')
    .i32(bytes === 4 ? 2 : 3)
    .op('i32.shl')
    .get(base)
    .op('i32.add');
  if (offset) c.f.i32(offset).op('i32.add');
}

/** Lanes inside each half by the immediate, which has bits for four lanes of 32, or four lanes of 64 in both halves together. */
const inHalvesByImmediate =
  (bytes: VectorBytes, lane: 4 | 8): Emit =>
  (c) => {
    const source = c.xmm(1, bytes);
    const immediate = immediateByte(c);
    storeLoaded(c, c.slot(0), bytes, lane, (i) => {
      c.f
        .get(immediate)
        .i32(lane === 4 ? (i & 3) * 2 : i)
        .op('i32.shr_u');
      laneAddress(c, source, (i * lane) & 16, lane === 4 ? 3 : 1, lane);
    });
  };
const inHalvesByVector =
  (bytes: VectorBytes, lane: 4 | 8): Emit =>
  (c) => {
    const control = c.xmm(2, bytes);
    const source = c.slot(1);
    storeLoaded(c, c.slot(0), bytes, lane, (i) => {
      c.f.get(control).mem('i32.load', i * lane);
      // VPERMILPD takes bit 1.
      if (lane === 8) c.f.i32(1).op('i32.shr_u');
      laneAddress(c, source, (i * lane) & 16, lane === 4 ? 3 : 1, lane);
    });
  };
const dwordsByVector: Emit = (c) => {
  const source = c.xmm(2, 32);
  const control = c.slot(1);
  storeLoaded(c, c.slot(0), 32, 4, (i) => {
    c.f.get(control).mem('i32.load', i * 4);
    laneAddress(c, source, 0, 7, 4);
  });
};
const quadsByImmediate: Emit = (c) => {
  const source = c.xmm(1, 32);
  const immediate = immediateByte(c);
  storeLoaded(c, c.slot(0), 32, 8, (i) => {
    c.f
      .get(immediate)
      .i32(i * 2)
      .op('i32.shr_u');
    laneAddress(c, source, 0, 3, 8);
  });
};
/** Each half is one of four, or 0 by bit 3. */
const halves: Emit = (c) => {
  const { f } = c;
  const source2 = c.xmm(2, 32);
  const source1 = c.slot(1);
  const immediate = immediateByte(c);
  const results = [0, 4].map((shift) => {
    const bit = (n: number): void => {
      f.get(immediate)
        .i32(shift + n)
        .op('i32.shr_u')
        .i32(1)
        .op('i32.and');
    };
    f.get(source2).get(source1);
    bit(1);
    f.op('select');
    bit(0);
    f.i32(4).op('i32.shl', 'i32.add').simdMem('v128.load');
    bit(3);
    f.i32(1).op('i32.sub').simd('i32x4.splat').simd('v128.and');
    return keepV128(c);
  });
  storeHalves(c, c.slot(0), results);
};
const blendDwords =
  (bytes: VectorBytes): Emit =>
  (c) => {
    const { f } = c;
    const source2 = c.xmm(2, bytes);
    const source1 = c.slot(1);
    const immediate = immediateByte(c);
    storeLoaded(c, c.slot(0), bytes, 4, (i) => {
      f.get(source2)
        .get(source1)
        .get(immediate)
        .i32(1 << i)
        .op('i32.and', 'select')
        .i32(i * 4)
        .op('i32.add');
    });
  };

export const PERMUTE_ROWS: readonly InsnRow[] = [
  ...WIDTHS.flatMap(({ bytes, length, suffix }) => {
    const two = `x${suffix}:w, xm${length}:r`;
    const three = `x${suffix}:w, vx${suffix}:r, xm${length}:r`;
    return [
      row('VPERMILPS', `VEX.${length}.66.0F3A.W0 04 /r ib`, `${two}, imm`, avx('avx', inHalvesByImmediate(bytes, 4))),
      row('VPERMILPD', `VEX.${length}.66.0F3A.W0 05 /r ib`, `${two}, imm`, avx('avx', inHalvesByImmediate(bytes, 8))),
      row('VPERMILPS', `VEX.${length}.66.0F38.W0 0C /r`, three, avx('avx', inHalvesByVector(bytes, 4))),
      row('VPERMILPD', `VEX.${length}.66.0F38.W0 0D /r`, three, avx('avx', inHalvesByVector(bytes, 8))),
      row('VPBLENDD', `VEX.${length}.66.0F3A.W0 02 /r ib`, `${three}, imm`, avx('avx2', blendDwords(bytes))),
    ];
  }),
  row('VPERMPS', 'VEX.256.66.0F38.W0 16 /r', 'x256:w, vx256:r, xm256:r', avx('avx2', dwordsByVector)),
  row('VPERMD', 'VEX.256.66.0F38.W0 36 /r', 'x256:w, vx256:r, xm256:r', avx('avx2', dwordsByVector)),
  row('VPERMQ', 'VEX.256.66.0F3A.W1 00 /r ib', 'x256:w, xm256:r, imm', avx('avx2', quadsByImmediate)),
  row('VPERMPD', 'VEX.256.66.0F3A.W1 01 /r ib', 'x256:w, xm256:r, imm', avx('avx2', quadsByImmediate)),
  row('VPERM2F128', 'VEX.256.66.0F3A.W0 06 /r ib', 'x256:w, vx256:r, xm256:r, imm', avx('avx', halves)),
  row('VPERM2I128', 'VEX.256.66.0F3A.W0 46 /r ib', 'x256:w, vx256:r, xm256:r, imm', avx('avx2', halves)),
];
