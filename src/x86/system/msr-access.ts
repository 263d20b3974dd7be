// RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC, SWAPGS, and RDFSBASE and its family (SDM vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Gpr, S, Seg } from '../layout';
import { readMsrOrFault, readTsc, writeMsr } from '../msr';
import { performanceCounter } from '../pmu/registers';
import { Cr4 } from './bits';
import { isCanonicalBase, isCode64, isProtected, isReal } from './mode';
import { requireCpl0, setRegister } from './operands';

function setEdxEax({ state }: Cpu, value: bigint): void {
  // Through the register: splitting a BigInt makes new ones.
  state.setGpr(Gpr.rax, value);
  state.setGpr32(Gpr.rdx, state.u32At(S.gpr + Gpr.rax * 8 + 4));
  state.setU32At(S.gpr + Gpr.rax * 8 + 4, 0);
}

export const rdmsr: Helper = (cpu) => {
  cpu.host.accesses?.('msr', cpu.state.gpr32(Gpr.rcx));
  requireCpl0(cpu);
  setEdxEax(cpu, readMsrOrFault(cpu, cpu.state.gpr32(Gpr.rcx)));
};

export const wrmsr: Helper = (cpu) => {
  cpu.host.accesses?.('msr', cpu.state.gpr32(Gpr.rcx));
  requireCpl0(cpu);
  const { state } = cpu;
  const value = (BigInt(state.gpr32(Gpr.rdx)) << 32n) | BigInt(state.gpr32(Gpr.rax));
  if (!writeMsr(cpu, state.gpr32(Gpr.rcx), value)) throw faults.gp(0);
};

function requireTimeStamp(cpu: Cpu): void {
  const { state } = cpu;
  if (!isReal(state) && state.u32('cpl') > 0 && state.u64('cr4') & Cr4.TSD) throw faults.gp(0);
}

export const rdtsc: Helper = (cpu) => {
  requireTimeStamp(cpu);
  setEdxEax(cpu, readTsc(cpu));
};

export const rdtscp: Helper = (cpu) => {
  requireTimeStamp(cpu);
  setEdxEax(cpu, readTsc(cpu));
  cpu.state.setGpr(Gpr.rcx, cpu.state.u64('tscAux') & 0xffff_ffffn);
};

export const rdpmc: Helper = (cpu) => {
  const { state } = cpu;
  if (!isReal(state) && state.u32('cpl') > 0 && !(state.u64('cr4') & Cr4.PCE)) throw faults.gp(0);
  const value = performanceCounter(state, state.gpr32(Gpr.rcx));
  if (value === undefined) throw faults.gp(0);
  setEdxEax(cpu, value);
};

export const swapgs: Helper = (cpu) => {
  const { state } = cpu;
  if (!isCode64(state)) throw faults.ud();
  requireCpl0(cpu);
  const gs = state.segment(Seg.gs);
  const kernel = state.u64('kernelGsBase');
  cpu.host.event('swapgs', kernel, gs.base);
  state.setSegment(Seg.gs, { ...gs, base: kernel });
  state.setU64('kernelGsBase', gs.base);
};

function requireFsGsBase(cpu: Cpu): void {
  if (!isProtected(cpu.state) || !isCode64(cpu.state) || !(cpu.state.u64('cr4') & Cr4.FSGSBASE)) throw faults.ud();
}
const wide = (insn: HelperInsn): 4 | 8 => (insn.operandSize === 8 ? 8 : 4);

const readBase =
  (segment: number): Helper =>
  (cpu, insn) => {
    requireFsGsBase(cpu);
    setRegister(cpu.state, insn.rm, wide(insn), cpu.state.segmentBase(segment));
  };
const writeBase =
  (segment: number): Helper =>
  (cpu, insn) => {
    requireFsGsBase(cpu);
    const base = BigInt.asUintN(wide(insn) * 8, cpu.state.gpr(insn.rm));
    if (!isCanonicalBase(base, cpu.model)) throw faults.gp(0);
    cpu.state.setSegment(segment, { ...cpu.state.segment(segment), base });
  };

export const rdfsbase = readBase(Seg.fs);
export const rdgsbase = readBase(Seg.gs);
export const wrfsbase = writeBase(Seg.fs);
export const wrgsbase = writeBase(Seg.gs);
