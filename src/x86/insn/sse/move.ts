// Moves between XMM registers and memory: whole registers and parts of them (SDM vol 2 "MOVAPS", "MOVSD", "MOVHPS", …).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { type Emit, type InsnRow, row } from '../row';
import { checkAligned, sse } from './operation';

const copy = (c: InsnContext, to: Local, from: Local, bytes: 4 | 8 | 16): void => {
  const { f } = c;
  if (bytes === 16) f.get(to).get(from).simdMem('v128.load').simdMem('v128.store');
  else if (bytes === 8) f.get(to).get(from).mem('i64.load').mem('i64.store');
  else f.get(to).get(from).mem('i32.load').mem('i32.store');
};
/** A whole register or 16 bytes of memory become a register. */
const copyWhole = (c: InsnContext, to: Local, from: Local): void => {
  if (c.doubles) c.doubles.whole(to, from);
  else copy(c, to, from, 16);
};
const clear = (c: InsnContext, to: Local, from: number): void => {
  for (let at = from; at < 16; at += at % 8 ? 4 : 8)
    if (at % 8) c.f.get(to).i32(0).mem('i32.store', at);
    else c.f.get(to).i64(0).mem('i64.store', at);
};

const load =
  (aligned: boolean): Emit =>
  (c) => {
    if (aligned) checkAligned(c, 1);
    const from = c.xmm(1, 16);
    copyWhole(c, c.slot(0), from);
  };
const store =
  (aligned: boolean): Emit =>
  (c) => {
    if (aligned) checkAligned(c, 0);
    if (!c.hasMemory) {
      copyWhole(c, c.slot(0), c.slot(1));
      return;
    }
    const to = c.hostWrite(0, 16);
    copy(c, to, c.slot(1), 16);
    c.commit(to);
  };
/** A part of a register from memory or another one. `zero`: what is above it is cleared. */
const loadPart =
  (bytes: 4 | 8, zero: boolean, toHigh = 0, fromHigh = 0): Emit =>
  (c) => {
    const from = c.xmm(1, bytes);
    const to = c.slot(0);
    const { f } = c;
    if (bytes === 8 && toHigh + fromHigh === 0 && c.doubles) c.doubles.low(to, from);
    else if (bytes === 8) f.get(to).get(from).mem('i64.load', fromHigh).mem('i64.store', toHigh);
    else f.get(to).get(from).mem('i32.load').mem('i32.store');
    if (zero) clear(c, to, bytes);
  };
const storePart =
  (bytes: 4 | 8, fromHigh = 0): Emit =>
  (c) => {
    const to = c.hostWrite(0, bytes);
    if (bytes === 8 && fromHigh === 0 && c.doubles) {
      c.doubles.store(to, c.slot(1));
      c.commit(to);
      return;
    }
    c.f
      .get(to)
      .get(c.slot(1))
      .mem(bytes === 8 ? 'i64.load' : 'i64.load32_u', fromHigh)
      .mem(bytes === 8 ? 'i64.store' : 'i64.store32');
    c.commit(to);
  };
const storeRegister =
  (bytes: 4 | 8, zero = false): Emit =>
  (c) => {
    if (bytes === 8 && c.doubles) c.doubles.low(c.slot(0), c.slot(1));
    else copy(c, c.slot(0), c.slot(1), bytes);
    if (zero) clear(c, c.slot(0), bytes);
  };

const WHOLE = [
  ['MOVUPS', 'NP 0F 10', 'NP 0F 11', false, 'sse'],
  ['MOVUPD', '66 0F 10', '66 0F 11', false, 'sse2'],
  ['MOVAPS', 'NP 0F 28', 'NP 0F 29', true, 'sse'],
  ['MOVAPD', '66 0F 28', '66 0F 29', true, 'sse2'],
  ['MOVDQA', '66 0F 6F', '66 0F 7F', true, 'sse2'],
  ['MOVDQU', 'F3 0F 6F', 'F3 0F 7F', false, 'sse2'],
] as const;
const HALVES = [
  ['NP', 'PS', 'sse'],
  ['66', 'PD', 'sse2'],
] as const;

export const MOVE_ROWS: readonly InsnRow[] = [
  ...WHOLE.flatMap(([name, from, to, aligned, feature]) => [
    row(name, `${from} /r`, 'x:w, xm128:r', sse(feature, load(aligned))),
    row(name, `${to} /r`, 'xm128:w, x:r', sse(feature, store(aligned))),
  ]),
  row('LDDQU', 'F2 0F F0 /r', 'x:w, m128:r', sse('sse3', load(false))),
  row('MOVNTPS', 'NP 0F 2B /r', 'm128:w, x:r', sse('sse', store(true))),
  row('MOVNTPD', '66 0F 2B /r', 'm128:w, x:r', sse('sse2', store(true))),
  row('MOVNTDQ', '66 0F E7 /r', 'm128:w, x:r', sse('sse2', store(true))),
  row('MASKMOVDQU', '66 0F F7 /r', 'x:r, X128:r', { unit: 'sse', feature: 'sse2', helper: 'maskmovdqu' }),
  row('MOVNTDQA', '66 0F 38 2A /r', 'x:w, m128:r', sse('sse4.1', load(true))),
  row('MOVSS', 'F3 0F 10 /r', 'x:w, m32:r', sse('sse', loadPart(4, true))),
  row('MOVSS', 'F3 0F 10 /r', 'x:w, X32:r', sse('sse', loadPart(4, false))),
  row('MOVSS', 'F3 0F 11 /r', 'm32:w, x:r', sse('sse', storePart(4))),
  row('MOVSS', 'F3 0F 11 /r', 'X32:w, x:r', sse('sse', storeRegister(4))),
  row('MOVSD', 'F2 0F 10 /r', 'x:w, m64:r', sse('sse2', loadPart(8, true))),
  row('MOVSD', 'F2 0F 10 /r', 'x:w, X64:r', sse('sse2', loadPart(8, false))),
  row('MOVSD', 'F2 0F 11 /r', 'm64:w, x:r', sse('sse2', storePart(8))),
  row('MOVSD', 'F2 0F 11 /r', 'X64:w, x:r', sse('sse2', storeRegister(8))),
  row('MOVQ', 'F3 0F 7E /r', 'x:w, xm64:r', sse('sse2', loadPart(8, true))),
  row('MOVQ', '66 0F D6 /r', 'm64:w, x:r', sse('sse2', storePart(8))),
  row('MOVQ', '66 0F D6 /r', 'X64:w, x:r', sse('sse2', storeRegister(8, true))),
  ...HALVES.flatMap(([prefix, suffix, feature]) => [
    row(`MOVL${suffix}`, `${prefix} 0F 12 /r`, 'x:w, m64:r', sse(feature, loadPart(8, false))),
    row(`MOVL${suffix}`, `${prefix} 0F 13 /r`, 'm64:w, x:r', sse(feature, storePart(8))),
    row(`MOVH${suffix}`, `${prefix} 0F 16 /r`, 'x:w, m64:r', sse(feature, loadPart(8, false, 8))),
    row(`MOVH${suffix}`, `${prefix} 0F 17 /r`, 'm64:w, x:r', sse(feature, storePart(8, 8))),
  ]),
  row('MOVHLPS', 'NP 0F 12 /r', 'x:w, X64:r', sse('sse', loadPart(8, false, 0, 8))),
  row('MOVLHPS', 'NP 0F 16 /r', 'x:w, X64:r', sse('sse', loadPart(8, false, 8))),
  row(
    'MOVD',
    '66 0F 6E /r',
    'x:w, rmy:r',
    sse('sse2', (c) => {
      const value = c.read(1);
      const to = c.slot(0);
      c.f.get(to).get(value).mem('i64.store').get(to).i64(0).mem('i64.store', 8);
    }),
  ),
  row(
    'MOVD',
    '66 0F 7E /r',
    'rmy:w, x:r',
    sse('sse2', (c) => {
      c.probe(0);
      c.f.get(c.slot(1)).mem(c.size === 8 ? 'i64.load' : 'i64.load32_u');
      c.write(0, c.keep());
    }),
  ),
];
