// FXSAVE and FXRSTOR, MXCSR, and the x87 instructions that only touch its control and status (SDM vol 1 ch. 10.5.1, table 10-2; vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { CpuFault, faults, Unimplemented, Vector } from '../fault';
import { Gpr } from '../layout';
import { Cr0 } from './bits';
import { isCode64 } from './mode';
import { setRegister } from './operands';

const FXSAVE_BYTES = 416;
export const MXCSR_MASK = 0xffff;
const FNINIT_CONTROL = 0x37f;
/** Exception flags, stack fault, error summary, busy. */
const FNCLEX_CLEARS = 0x80ff;
const EXCEPTIONS = 0x3f;
const ERROR_SUMMARY = 0x8080;
const SUMMARY = 0x80;

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

/** ES and B follow from unmasked exceptions. */
function setStatus(cpu: Cpu, fsw: number): void {
  const pending = fsw & ~cpu.state.u32('fcw') & EXCEPTIONS;
  cpu.state.setU32('fsw', pending ? fsw | ERROR_SUMMARY : fsw & ~ERROR_SUMMARY);
}

export const fninit: Helper = (cpu) => {
  const { state } = cpu;
  state.setU32('fcw', FNINIT_CONTROL);
  for (const field of ['fsw', 'ftw', 'fop'] as const) state.setU32(field, 0);
  state.setU64('fip', 0n);
  state.setU64('fdp', 0n);
};
export const fnclex: Helper = (cpu) => cpu.state.setU32('fsw', cpu.state.u32('fsw') & ~FNCLEX_CLEARS);
export const fldcw: Helper = (cpu, insn) => {
  /** Bits 7, 13, 14 and 15 read as 0 and bit 6 as 1 on current CPUs. */
  const value = (Number(cpu.memory.read(insn.linear, 2, 'current')) & 0x1f7f) | 0x40;
  cpu.state.setU32('fcw', value);
  setStatus(cpu, cpu.state.u32('fsw'));
};
export const fnstcw: Helper = (cpu, insn) => cpu.memory.write(insn.linear, 2, BigInt(cpu.state.u32('fcw')), 'current');
export const fnstsw: Helper = (cpu, insn) => cpu.memory.write(insn.linear, 2, BigInt(cpu.state.u32('fsw')), 'current');
export const fnstswAx: Helper = (cpu) => setRegister(cpu.state, Gpr.rax, 2, BigInt(cpu.state.u32('fsw')));

/** #NM with CR0.MP and CR0.TS; a pending unmasked exception is #MF (SDM vol 2 "WAIT/FWAIT"; vol 3 ch. 2.5). */
export const fwait: Helper = (cpu) => {
  const cr0 = cpu.state.u64('cr0');
  if (cr0 & Cr0.MP && cr0 & Cr0.TS) throw faults.nm();
  if (!(cpu.state.u32('fsw') & SUMMARY)) return;
  if (!(cr0 & Cr0.NE)) throw new Unimplemented('x87 exceptions through FERR# (CR0.NE clear)');
  throw new CpuFault(Vector.MF);
};
