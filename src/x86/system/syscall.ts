// SYSCALL and SYSRET (SDM vol 2; vol 3 ch. 5.8.8), SYSENTER and SYSEXIT (ch. 5.8.7): flat segments made from MSRs, no descriptor is read.
import type { Cpu, Helper } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { Cr0, Efer, Rflags } from './bits';
import { isCanonical, isCode64, isLongMode } from './mode';

/** Present, accessed, 4 GiB: access rights by privilege level. */
export const CODE64 = 0xa09b;
const CODE32 = 0xc09b;
export const DATA = 0xc093;
export const FLAT_LIMIT = 0xffff_ffff;
export const SYSRET_FLAGS = 0x3c_7fd7n;

function setFlat(cpu: Cpu, cs: number, ss: number, cpl: 0 | 3, code: number): void {
  const dpl = cpl << 5;
  cpu.state.setSegment(Seg.cs, { selector: cs & 0xffff, access: code | dpl, limit: FLAT_LIMIT, base: 0n });
  cpu.state.setSegment(Seg.ss, { selector: ss & 0xffff, access: DATA | dpl, limit: FLAT_LIMIT, base: 0n });
  cpu.state.setU32('cpl', cpl);
  cpu.modeChanged();
}

export const syscall: Helper = (cpu) => {
  const { state } = cpu;
  if (!(state.u64('efer') & Efer.SCE) || !isCode64(state)) throw faults.ud();
  const rflags = state.u64('rflags') & ~Rflags.RF;
  const selector = Number((state.u64('star') >> 32n) & 0xfffcn);
  state.setGpr(Gpr.rcx, state.u64('rip'));
  state.setGpr(Gpr.r11, rflags);
  state.setU64('rip', state.u64('lstar'));
  state.setU64('rflags', (rflags & ~state.u64('fmask')) | Rflags.fixed);
  setFlat(cpu, selector, selector + 8, 0, CODE64);
};

export const sysret: Helper = (cpu, insn) => {
  const { state } = cpu;
  if (!(state.u64('efer') & Efer.SCE) || !isCode64(state)) throw faults.ud();
  if (state.u32('cpl') !== 0) throw faults.gp(0);
  const wide = insn.operandSize === 8;
  const rcx = state.gpr(Gpr.rcx);
  if (wide && !isCanonical(rcx, state)) throw faults.gp(0);
  const selector = Number((state.u64('star') >> 48n) & 0xffffn);
  state.setU64('rip', wide ? rcx : rcx & 0xffff_ffffn);
  state.setU64('rflags', (state.gpr(Gpr.r11) & SYSRET_FLAGS & ~Rflags.RF) | Rflags.fixed);
  setFlat(cpu, (selector + (wide ? 16 : 0)) | 3, (selector + 8) | 3, 3, wide ? CODE64 : CODE32);
};

export const sysenter: Helper = (cpu) => {
  const { state } = cpu;
  const selector = Number(state.u64('sysenterCs') & 0xfffcn);
  if (!(state.u64('cr0') & Cr0.PE) || selector === 0) throw faults.gp(0);
  const long = isLongMode(state);
  const mask = long ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  state.setU64('rflags', state.u64('rflags') & ~(Rflags.VM | Rflags.IF | Rflags.RF));
  state.setGpr(Gpr.rsp, state.u64('sysenterEsp') & mask);
  state.setU64('rip', state.u64('sysenterEip') & mask);
  setFlat(cpu, selector, selector + 8, 0, long ? CODE64 : CODE32);
};

export const sysexit: Helper = (cpu, insn) => {
  const { state } = cpu;
  const selector = Number(state.u64('sysenterCs') & 0xfffcn);
  if (!(state.u64('cr0') & Cr0.PE) || selector === 0 || state.u32('cpl') !== 0) throw faults.gp(0);
  const wide = insn.operandSize === 8;
  const rcx = state.gpr(Gpr.rcx);
  const rdx = state.gpr(Gpr.rdx);
  if (wide && !(isCanonical(rcx, state) && isCanonical(rdx, state))) throw faults.gp(0);
  const mask = wide ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  state.setGpr(Gpr.rsp, rcx & mask);
  state.setU64('rip', rdx & mask);
  const cs = selector + (wide ? 32 : 16);
  setFlat(cpu, cs | 3, (cs + 8) | 3, 3, wide ? CODE64 : CODE32);
};
