// FXSAVE and FXRSTOR, MXCSR, and the x87 instructions that only touch its control and status (SDM vol 1 ch. 10.5.1, table 10-2; vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { isCode64 } from './mode';

const FXSAVE_BYTES = 416;
export const MXCSR_MASK = 0xffff;

const top = (cpu: Cpu): number => (cpu.state.u32('fsw') >> 11) & 7;
const xmmCount = (cpu: Cpu): number => (isCode64(cpu.state) ? 16 : 8);

function area(insn: HelperInsn): bigint {
  if (insn.linear & 15n) throw faults.gp(0);
  return insn.linear;
}

export const fxsave: Helper = (cpu, insn) => {
  const { state, memory } = cpu;
  const at = area(insn);
  const wide = insn.operandSize === 8;
  memory.probeWrite(at, FXSAVE_BYTES, 'current');
  const put = (offset: number, size: 1 | 2 | 4 | 8, value: bigint | number): void =>
    memory.write(at + BigInt(offset), size, BigInt.asUintN(size * 8, BigInt(value)), 'current');
  put(0, 2, state.u32('fcw'));
  put(2, 2, state.u32('fsw'));
  put(4, 1, state.u32('ftw'));
  put(5, 1, 0);
  put(6, 2, state.u32('fop'));
  put(8, 8, wide ? state.u64('fip') : state.u64('fip') & 0xffff_ffffn);
  put(16, 8, wide ? state.u64('fdp') : state.u64('fdp') & 0xffff_ffffn);
  put(24, 4, state.u32('mxcsr'));
  put(28, 4, MXCSR_MASK);
  for (let i = 0; i < 8; i++) {
    const value = state.st((top(cpu) + i) & 7);
    put(32 + i * 16, 8, value);
    put(40 + i * 16, 8, value >> 64n);
  }
  for (let i = 0; i < xmmCount(cpu); i++) {
    put(160 + i * 16, 8, state.ymmQuad(i, 0));
    put(168 + i * 16, 8, state.ymmQuad(i, 1));
  }
};

export const fxrstor: Helper = (cpu, insn) => {
  const { state, memory } = cpu;
  const at = area(insn);
  const wide = insn.operandSize === 8;
  const get = (offset: number, size: 1 | 2 | 4 | 8): bigint => memory.read(at + BigInt(offset), size, 'current');
  const mxcsr = Number(get(24, 4));
  if (mxcsr & ~MXCSR_MASK) throw faults.gp(0);
  const header = { fcw: get(0, 2), fsw: get(2, 2), ftw: get(4, 1), fop: get(6, 2), fip: get(8, wide ? 8 : 4), fdp: get(16, wide ? 8 : 4) };
  const st = Array.from({ length: 8 }, (_, i) => (get(40 + i * 16, 2) << 64n) | get(32 + i * 16, 8));
  const xmm = Array.from({ length: xmmCount(cpu) }, (_, i) => [get(160 + i * 16, 8), get(168 + i * 16, 8)] as const);
  state.setU32('mxcsr', mxcsr);
  for (const field of ['fcw', 'fsw', 'ftw'] as const) state.setU32(field, Number(header[field]));
  state.setU32('fop', Number(header.fop) & 0x7ff);
  state.setU64('fip', header.fip);
  state.setU64('fdp', header.fdp);
  for (const [i, value] of st.entries()) state.setSt((top(cpu) + i) & 7, value);
  for (const [i, [low, high]] of xmm.entries()) {
    state.setYmmQuad(i, 0, low);
    state.setYmmQuad(i, 1, high);
  }
};

export const ldmxcsr: Helper = (cpu, insn) => {
  const value = Number(cpu.memory.read(insn.linear, 4, 'current'));
  if (value & ~MXCSR_MASK) throw faults.gp(0);
  cpu.state.setU32('mxcsr', value);
};
export const stmxcsr: Helper = (cpu, insn) => cpu.memory.write(insn.linear, 4, BigInt(cpu.state.u32('mxcsr')), 'current');
