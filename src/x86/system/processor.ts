// HLT, CPUID, VMCALL, VMMCALL, INVLPG, INVD, WBINVD, MONITOR, MWAIT, RSM (SDM vol 2).
import type { Helper } from '../cpu';
import { isOffered } from '../cpuid-features.rows';
import { XSAVE_LEAF, xsaveLeaf } from '../cpuid-xsave.rows';
import { faults, Unimplemented } from '../fault';
import { Activity, Gpr } from '../layout';
import { isCanonical, isCode64 } from './mode';
import { requireCpl0 } from './operands';

export const hlt: Helper = (cpu) => {
  requireCpl0(cpu);
  cpu.state.setU32('activity', Activity.halted);
};

/** The host answers every leaf: its own, and the CPU's by `cpuidLeaf`; that of XSAVE follows XCR0. */
export const cpuid: Helper = (cpu) => {
  const { state } = cpu;
  const [leaf, subleaf] = [state.gpr32(Gpr.rax), state.gpr32(Gpr.rcx)];
  const { eax, ebx, ecx, edx } = leaf === XSAVE_LEAF ? xsaveLeaf(isOffered, state.u64('xcr0'), subleaf) : cpu.host.cpuid(leaf, subleaf);
  state.setGpr32(Gpr.rax, eax);
  state.setGpr32(Gpr.rbx, ebx);
  state.setGpr32(Gpr.rcx, ecx);
  state.setGpr32(Gpr.rdx, edx);
};

const hypercall =
  (instruction: 'vmcall' | 'vmmcall'): Helper =>
  (cpu) => {
    if (!cpu.host.hypercall(instruction)) throw faults.ud();
  };
export const vmcall = hypercall('vmcall');
export const vmmcall = hypercall('vmmcall');

/** A non-canonical address is no fault: nothing is invalidated. */
export const invlpg: Helper = (cpu, insn) => {
  requireCpl0(cpu);
  cpu.host.event('invlpg', insn.linear, 0);
  if (!isCode64(cpu.state) || isCanonical(insn.linear)) cpu.tlb.flushPage(insn.linear);
};

/** Caches are not modelled: only the privilege check and the event remain. INVD 0, WBINVD 1. */
const invalidateCaches =
  (writeBack: 0 | 1): Helper =>
  (cpu) => {
    requireCpl0(cpu);
    cpu.host.event('wbinvd', writeBack, 0);
  };
export const invd = invalidateCaches(0);
export const wbinvd = invalidateCaches(1);

/** #UD while CPUID does not offer the feature; named when it does and we do not. */
const onlyIfOffered =
  (feature: string, text: string): Helper =>
  () => {
    if (!isOffered(feature)) throw faults.ud();
    throw new Unimplemented(text);
  };
export const monitor = onlyIfOffered('MONITOR', 'MONITOR');
export const mwait = onlyIfOffered('MONITOR', 'MWAIT');

/** Outside system-management mode RSM is #UD; there is no such mode here. */
export const rsm: Helper = () => {
  throw faults.ud();
};
