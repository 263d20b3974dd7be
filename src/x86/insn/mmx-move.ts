// MMX registers from and to memory, general and XMM registers, conversions, EMMS (SDM vol 2; vol 1 ch. 9.5, 9.6).
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { TOP_MASK } from '../fpu/bits';
import { S, STATE } from '../layout';
import type { VectorOperation } from '../simd/operations';
import { mmx, onQuads, putMmx, quadOf } from './mmx';
import { type Emit, type InsnRow, type RowMarks, row } from './row';
import { integersToDoubles } from './sse/convert-packed';
import { checkAligned, immediateByte, sse } from './sse/operation';

/** Whatever width is read, the register gets 64 bits. */
const load: Emit = (c) => {
  c.fpu.wait();
  const value = c.hasMemory || c.sizeOf(1) < 8 ? c.read(1) : quadOf(c, c.slot(1));
  c.fpu.enterMmx();
  putMmx(c, c.slot(0), value);
};
const store: Emit = (c) => {
  c.fpu.wait();
  const value = quadOf(c, c.slot(1));
  if (c.hasMemory) {
    const to = c.hostWrite(0, 8);
    c.f.get(to).get(value).mem('i64.store');
    c.commit(to);
    c.fpu.enterMmx();
    return;
  }
  c.fpu.enterMmx();
  putMmx(c, c.slot(0), value);
};
/** MOVD, and MOVQ with REX.W, to a general register or memory. */
const storeGeneral: Emit = (c) => {
  c.fpu.wait();
  c.probe(0);
  c.f.get(c.slot(1)).mem(c.size === 8 ? 'i64.load' : 'i64.load32_u');
  c.write(0, c.keep());
  c.fpu.enterMmx();
};
const fromXmm: Emit = (c) => {
  c.fpu.wait();
  const value = quadOf(c, c.slot(1));
  c.fpu.enterMmx();
  putMmx(c, c.slot(0), value);
};
const toXmm: Emit = (c) => {
  c.fpu.wait();
  const value = quadOf(c, c.slot(1));
  const to = c.slot(0);
  c.f.get(to).get(value).mem('i64.store').get(to).i64(0).mem('i64.store', 8);
  c.fpu.enterMmx();
};

/** Bit of the word that the immediate names. */
function wordShift(c: InsnContext): void {
  c.f.get(immediateByte(c)).i32(3).op('i32.and').i32(4).op('i32.shl', 'i64.extend_i32_u');
}
const extractWord: Emit = (c) => {
  c.fpu.wait();
  c.f.get(quadOf(c, c.slot(1)));
  wordShift(c);
  c.f.op('i64.shr_u').i64(0xffff).op('i64.and');
  c.write(0, c.keep());
  c.fpu.enterMmx();
};
const insertWord: Emit = (c) => {
  c.fpu.wait();
  const value = c.read(1);
  const to = c.slot(0);
  const before = quadOf(c, to);
  wordShift(c);
  const shift = c.keep();
  c.f.get(before).i64(0xffff).get(shift).op('i64.shl').i64(-1).op('i64.xor', 'i64.and');
  c.f.get(value).i64(0xffff).op('i64.and').get(shift).op('i64.shl', 'i64.or');
  const result = c.keep();
  c.fpu.enterMmx();
  putMmx(c, to, result);
};
const mask: Emit = (c) => {
  c.fpu.wait();
  c.f
    .get(quadOf(c, c.slot(1)))
    .simd('i64x2.splat')
    .simd('i8x16.bitmask')
    .i32(0xff)
    .op('i32.and', 'i64.extend_i32_u');
  c.write(0, c.keep());
  c.fpu.enterMmx();
};
/** All tags empty, and TOP 0 as processors do. */
const empty: Emit = (c) => {
  c.fpu.wait();
  c.f
    .i32(0)
    .i32(0)
    .mem('i32.store', STATE + S.ftw);
  c.f
    .i32(0)
    .i32(0)
    .mem('i32.load', STATE + S.fsw)
    .i32(~TOP_MASK)
    .op('i32.and')
    .mem('i32.store', STATE + S.fsw);
};

/** Two integers to an XMM register: all of it, or for singles its low half. From memory the x87 unit is left alone. The switch to MMX comes before a #XM. */
const integers = (c: InsnContext): Local => {
  if (!c.hasMemory) c.fpu.wait();
  const value = c.hasMemory ? quadOf(c, c.hostRead(1, 8)) : quadOf(c, c.slot(1));
  if (!c.hasMemory) c.fpu.enterMmx();
  return value;
};
const toSingles: Emit = (c) => {
  const value = integers(c);
  const to = c.slot(0);
  const result = onQuads(c, (at, operands) => at.vector('cvtdq2ps', operands), 'lanes', value, value);
  c.f.get(to).get(result).mem('i64.store');
};
const toDoubles: Emit = (c) => {
  const value = integers(c);
  const to = c.slot(0);
  const place = c.scratch();
  c.f.get(place).get(value).mem('i64.store');
  integersToDoubles(c, { bytes: 16, destination: to, source1: to, source2: place });
};
/** Two floating-point numbers to an MMX register. */
const fromFloats =
  (operation: VectorOperation, bytes: 8 | 16): Emit =>
  (c) => {
    c.fpu.wait();
    if (bytes === 16) checkAligned(c, 1);
    const from = c.xmm(1, bytes);
    const to = c.slot(0);
    c.fpu.enterMmx();
    let result: number;
    if (bytes === 8) {
      const value = quadOf(c, from);
      result = onQuads(c, (at, operands) => at.vector(operation, operands), 'lanes', value, value);
    } else {
      const place = c.scratch();
      c.vector(operation, { bytes: 16, destination: place, source1: place, source2: from });
      result = quadOf(c, place);
    }
    putMmx(c, to, result);
  };

const both = (feature: string, emit: Emit): RowMarks => sse(feature, emit, { size: 8 });

export const MMX_MOVE_ROWS: readonly InsnRow[] = [
  row('MOVD', 'NP 0F 6E /r', 'q:w, rmy:r', { unit: 'mmx', feature: 'mmx', emit: load }),
  row('MOVD', 'NP 0F 7E /r', 'rmy:w, q:r', { unit: 'mmx', feature: 'mmx', emit: storeGeneral }),
  row('MOVQ', 'NP 0F 6F /r', 'q:w, qm64:r', mmx('mmx', load)),
  row('MOVQ', 'NP 0F 7F /r', 'qm64:w, q:r', mmx('mmx', store)),
  row('MOVNTQ', 'NP 0F E7 /r', 'm64:w, q:r', mmx('sse', store)),
  row('MASKMOVQ', 'NP 0F F7 /r', 'q:r, Q64:r', { unit: 'mmx', feature: 'sse', helper: 'maskmovq' }),
  row('MOVDQ2Q', 'F2 0F D6 /r', 'q:w, X64:r', both('sse2', fromXmm)),
  row('MOVQ2DQ', 'F3 0F D6 /r', 'x:w, Q64:r', both('sse2', toXmm)),
  row('PEXTRW', 'NP 0F C5 /r ib', 'r32:w, Q64:r, imm', mmx('sse', extractWord)),
  row('PINSRW', 'NP 0F C4 /r ib', 'q:rw, R32:r, imm', mmx('sse', insertWord)),
  row('PINSRW', 'NP 0F C4 /r ib', 'q:rw, m16:r, imm', mmx('sse', insertWord)),
  row('PMOVMSKB', 'NP 0F D7 /r', 'r32:w, Q64:r', mmx('sse', mask)),
  row('EMMS', 'NP 0F 77', '', mmx('mmx', empty)),
  row('CVTPI2PS', 'NP 0F 2A /r', 'x:rw, qm64:r', both('sse', toSingles)),
  row('CVTPI2PD', '66 0F 2A /r', 'x:w, qm64:r', both('sse2', toDoubles)),
  row('CVTPS2PI', 'NP 0F 2D /r', 'q:w, xm64:r', both('sse', fromFloats('cvtps2dq', 8))),
  row('CVTTPS2PI', 'NP 0F 2C /r', 'q:w, xm64:r', both('sse', fromFloats('cvttps2dq', 8))),
  row('CVTPD2PI', '66 0F 2D /r', 'q:w, xm128:r', both('sse2', fromFloats('cvtpd2dq', 16))),
  row('CVTTPD2PI', '66 0F 2C /r', 'q:w, xm128:r', both('sse2', fromFloats('cvttpd2dq', 16))),
];
