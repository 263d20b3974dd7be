// Moves: whole vectors, scalars, halves, and between vector and general registers (SDM vol 2 "MOVAPS", "MOVSD", "MOVHPS", "MOVD/MOVQ", …).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { Vector } from '../../fault';
import { type Emit, type InsnRow, row } from '../row';
import { avx, clearAbove, type VectorBytes, vexEncoding } from './generator';

/** #GP(0) for a memory operand that is not aligned to its size. */
function checkAligned(c: InsnContext, operand: number, bytes: VectorBytes): void {
  if (!c.hasMemory) return;
  c.f
    .get(c.address(operand))
    .i64(bytes - 1)
    .op('i64.and', 'i64.eqz', 'i32.eqz');
  c.raiseIf(Vector.GP);
}
function copy(c: InsnContext, to: Local, from: Local, bytes: VectorBytes): void {
  for (let at = 0; at < bytes; at += 16) c.f.get(to).get(from).simdMem('v128.load', at).simdMem('v128.store', at);
}
function copyToRegister(c: InsnContext, to: Local, from: Local, bytes: VectorBytes): void {
  copy(c, to, from, bytes);
  if (bytes === 16) clearAbove(c, to, 16);
}

const load =
  (bytes: VectorBytes, aligned: boolean): Emit =>
  (c) => {
    if (aligned) checkAligned(c, 1, bytes);
    const from = c.xmm(1, bytes);
    copyToRegister(c, c.slot(0), from, bytes);
  };
const store =
  (bytes: VectorBytes, aligned: boolean): Emit =>
  (c) => {
    if (!c.hasMemory) {
      copyToRegister(c, c.slot(0), c.slot(1), bytes);
      return;
    }
    if (aligned) checkAligned(c, 0, bytes);
    const to = c.hostWrite(0, bytes);
    copy(c, to, c.slot(1), bytes);
    c.commit(to);
  };

/** A scalar from memory, or the low quadword of a register: all above is cleared. */
const loadScalar =
  (bytes: 4 | 8): Emit =>
  (c) => {
    const from = c.xmm(1, bytes);
    const to = c.slot(0);
    c.f
      .get(to)
      .get(from)
      .mem(bytes === 8 ? 'i64.load' : 'i64.load32_u')
      .mem('i64.store');
    clearAbove(c, to, 8);
  };
const storeScalar =
  (bytes: 4 | 8, from = 0): Emit =>
  (c) => {
    const to = c.hostWrite(0, bytes);
    c.f
      .get(to)
      .get(c.slot(1))
      .mem(bytes === 8 ? 'i64.load' : 'i64.load32_u', from)
      .mem(bytes === 8 ? 'i64.store' : 'i64.store32');
    c.commit(to);
  };
/** Source 1 with its low scalar, or one of its quadwords, replaced by `bytes` of source 2. */
const merge =
  (bytes: 4 | 8, toOffset = 0, fromOffset = 0): Emit =>
  (c) => {
    const { f } = c;
    const from = c.xmm(2, bytes);
    f.get(from).mem(bytes === 8 ? 'i64.load' : 'i64.load32_u', fromOffset);
    const value = c.keep();
    const to = c.slot(0);
    f.get(to).get(c.slot(1)).simdMem('v128.load').simdMem('v128.store');
    f.get(to)
      .get(value)
      .mem(bytes === 8 ? 'i64.store' : 'i64.store32', toOffset);
    clearAbove(c, to, 16);
  };

const WHOLE: readonly [string, string, string, boolean][] = [
  ['VMOVUPS', 'NP 0F 10', 'NP 0F 11', false],
  ['VMOVUPD', '66 0F 10', '66 0F 11', false],
  ['VMOVAPS', 'NP 0F 28', 'NP 0F 29', true],
  ['VMOVAPD', '66 0F 28', '66 0F 29', true],
  ['VMOVDQA', '66 0F 6F', '66 0F 7F', true],
  ['VMOVDQU', 'F3 0F 6F', 'F3 0F 7F', false],
];
const STREAMING: readonly [string, string][] = [
  ['VMOVNTPS', 'NP 0F 2B'],
  ['VMOVNTPD', '66 0F 2B'],
  ['VMOVNTDQ', '66 0F E7'],
];
const SCALARS: readonly [string, string, 4 | 8][] = [
  ['VMOVSS', 'F3', 4],
  ['VMOVSD', 'F2', 8],
];
const HALVES: readonly [string, string][] = [
  ['NP', 'PS'],
  ['66', 'PD'],
];
const WIDTHS: readonly [VectorBytes, string, string, string][] = [
  [16, '128', '', 'avx'],
  [32, '256', '256', 'avx2'],
];

export const VEX_MOVE_ROWS: readonly InsnRow[] = [
  ...WIDTHS.flatMap(([bytes, length, suffix, integer]) => {
    const [x, xm, m] = [`x${suffix}`, `xm${length}`, `m${length}`];
    const encode = (legacy: string): string => `${vexEncoding(legacy, length, 'WIG')} /r`;
    return [
      ...WHOLE.flatMap(([name, from, to, aligned]) => [
        row(name, encode(from), `${x}:w, ${xm}:r`, avx('avx', load(bytes, aligned))),
        row(name, encode(to), `${xm}:w, ${x}:r`, avx('avx', store(bytes, aligned))),
      ]),
      ...STREAMING.map(([name, encoding]) => row(name, encode(encoding), `${m}:w, ${x}:r`, avx('avx', store(bytes, true)))),
      row('VMOVNTDQA', encode('66 0F 38 2A'), `${x}:w, ${m}:r`, avx(integer, load(bytes, true))),
      row('VLDDQU', encode('F2 0F F0'), `${x}:w, ${m}:r`, avx('avx', load(bytes, false))),
    ];
  }),
  ...SCALARS.flatMap(([name, prefix, bytes]) => {
    const encode = (opcode: string): string => `VEX.LIG.${prefix}.0F.WIG ${opcode} /r`;
    const bits = bytes * 8;
    return [
      row(name, encode('10'), `x:w, m${bits}:r`, avx('avx', loadScalar(bytes))),
      row(name, encode('10'), `x:w, vx:r, X${bits}:r`, avx('avx', merge(bytes))),
      row(name, encode('11'), `m${bits}:w, x:r`, avx('avx', storeScalar(bytes))),
      row(name, encode('11'), `X${bits}:w, vx:r, x:r`, avx('avx', merge(bytes))),
    ];
  }),
  ...HALVES.flatMap(([prefix, suffix]) => {
    const encode = (opcode: string): string => `VEX.128.${prefix}.0F.WIG ${opcode} /r`;
    return [
      row(`VMOVL${suffix}`, encode('12'), 'x:w, vx:r, m64:r', avx('avx', merge(8))),
      row(`VMOVL${suffix}`, encode('13'), 'm64:w, x:r', avx('avx', storeScalar(8))),
      row(`VMOVH${suffix}`, encode('16'), 'x:w, vx:r, m64:r', avx('avx', merge(8, 8))),
      row(`VMOVH${suffix}`, encode('17'), 'm64:w, x:r', avx('avx', storeScalar(8, 8))),
    ];
  }),
  row('VMOVHLPS', 'VEX.128.0F.WIG 12 /r', 'x:w, vx:r, X64:r', avx('avx', merge(8, 0, 8))),
  row('VMOVLHPS', 'VEX.128.0F.WIG 16 /r', 'x:w, vx:r, X64:r', avx('avx', merge(8, 8))),
  row('VMOVQ', 'VEX.128.F3.0F.WIG 7E /r', 'x:w, xm64:r', avx('avx', loadScalar(8))),
  row('VMOVQ', 'VEX.128.66.0F.WIG D6 /r', 'm64:w, x:r', avx('avx', storeScalar(8))),
  row(
    'VMOVQ',
    'VEX.128.66.0F.WIG D6 /r',
    'X64:w, x:r',
    avx('avx', (c) => {
      c.f.get(c.slot(0)).get(c.slot(1)).mem('i64.load').mem('i64.store');
      clearAbove(c, c.slot(0), 8);
    }),
  ),
  row(
    'VMOVD',
    'VEX.128.66.0F 6E /r',
    'x:w, rmy:r',
    avx('avx', (c) => {
      const value = c.read(1);
      c.f.get(c.slot(0)).get(value).mem('i64.store');
      clearAbove(c, c.slot(0), 8);
    }),
  ),
  row(
    'VMOVD',
    'VEX.128.66.0F 7E /r',
    'rmy:w, x:r',
    avx('avx', (c) => {
      c.probe(0);
      c.f.get(c.slot(1)).mem(c.size === 8 ? 'i64.load' : 'i64.load32_u');
      c.write(0, c.keep());
    }),
  ),
];
