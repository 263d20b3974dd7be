// HLT, CPUID, VMCALL, VMMCALL, INVLPG, INVD, WBINVD, RSM (SDM vol 2).
import type { Helper } from '../cpu';
import { dynamicCpuid } from '../cpuid-dynamic';
import { faults } from '../fault';
import { Activity, Gpr } from '../layout';
import { isCanonical, isCode64 } from './mode';
import { requireCpl0 } from './operands';

export const hlt: Helper = (cpu) => {
  requireCpl0(cpu);
  cpu.state.setU32('activity', Activity.halted);
};

/** The host answers every leaf: its own, and the CPU's by `cpuidLeaf`. */
export const cpuid: Helper = (cpu) => {
  const { state } = cpu;
  const leaf = state.gpr32(Gpr.rax);
  const { eax, ebx, ecx, edx } = dynamicCpuid(cpu, leaf, cpu.host.cpuid(leaf, state.gpr32(Gpr.rcx)));
  state.setGpr32(Gpr.rax, eax);
  state.setGpr32(Gpr.rbx, ebx);
  state.setGpr32(Gpr.rcx, ecx);
  state.setGpr32(Gpr.rdx, edx);
};

const hypercall =
  (instruction: 'vmcall' | 'vmmcall'): Helper =>
  (cpu) => {
    if (!cpu.host.hypercall(instruction)) cpu.raised = faults.ud();
  };
export const vmcall = hypercall('vmcall');
export const vmmcall = hypercall('vmmcall');

/** A non-canonical address is no fault: nothing is invalidated. */
export const invlpg: Helper = (cpu, insn) => {
  requireCpl0(cpu);
  cpu.host.event('invlpg', insn.linear, 0);
  if (!isCode64(cpu.state) || isCanonical(insn.linear, cpu.state)) cpu.tlb.flushPage(insn.linear);
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

/** Outside system-management mode RSM is #UD; there is no such mode here. */
export const rsm: Helper = () => {
  throw faults.ud();
};
