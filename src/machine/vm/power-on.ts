// Power-on of a VM: processors reset, the boot plan in memory, the first vCPU at the image's entry, the others waiting for a start-up IPI.
import { applyBootPlan } from '../../boot/apply';
import type { BootPlan, CpuEntryState } from '../../boot/plan';
import { Gpr, Seg } from '../../x86/layout';
import { Cr0, Cr4, Efer } from '../../x86/system/bits';
import { updateMode } from '../../x86/system/mode';
import { resetState } from '../../x86/system/reset';
import type { VcpuState } from '../../x86/vcpu-state';
import type { Vm } from './vm';

const CR0_PE_ET = 0x11n;
/** Access rights as VMX keeps them (SDM vol 3 table 25-2). */
const CODE32 = 0xc09b;
const DATA32 = 0xc093;
const TSS32_BUSY = 0x8b;
const LIMIT_4_GIB = 0xffff_ffff;
const CODE64 = 0xa09b;

function enter(state: VcpuState, entry: CpuEntryState): void {
  for (let register = 0; register < 16; register++) state.setGpr(register, 0n);
  state.setGpr32(Gpr.rax, entry.eax);
  state.setGpr32(Gpr.rbx, entry.ebx);
  state.setGpr32(Gpr.rsi, entry.esi ?? 0);
  state.setU64('rip', BigInt(entry.eip));
  state.setU64('rflags', 2n);
  const long = entry.mode === 'long64';
  state.setU64('cr0', long ? CR0_PE_ET | Cr0.PG : CR0_PE_ET);
  state.setU64('cr3', BigInt(entry.cr3Gpa ?? 0));
  state.setU64('cr4', long ? Cr4.PAE : 0n);
  state.setU64('efer', long ? Efer.LME | Efer.LMA : 0n);
  state.setSegment(Seg.cs, { selector: entry.codeSelector, access: long ? CODE64 : CODE32, limit: LIMIT_4_GIB, base: 0n });
  for (const segment of [Seg.ds, Seg.es, Seg.ss, Seg.fs, Seg.gs]) {
    state.setSegment(segment, { selector: entry.dataSelector, access: DATA32, limit: LIMIT_4_GIB, base: 0n });
  }
  state.setSegment(Seg.tr, { selector: 0, access: TSS32_BUSY, limit: 0x67, base: 0n });
  state.setU64('gdtrBase', BigInt(entry.gdtBaseGpa));
  state.setU32('gdtrLimit', entry.gdtLimit);
  state.setU64('idtrBase', 0n);
  state.setU32('idtrLimit', 0);
  updateMode(state);
}

/** Also at a reboot: then memory is cleared first, and what vCPUs have retired goes on counting. */
export function powerOn(vm: Vm, plan: BootPlan, again: boolean): void {
  const { engine, vcpus } = vm;
  if (again) engine.memory.clear();
  for (const vcpu of vcpus) {
    const { state } = vcpu;
    const retired = state.u64('retired');
    resetState(state, 'power-on', vcpu.index === 0, vm.model);
    state.setU64('retired', retired);
    engine.flushTlb(vcpu.index);
    vcpu.resetSignals();
  }
  if (again) {
    vm.chipset.reset();
    vm.input.reset();
    for (const vcpu of vcpus) vm.pv?.reset(vcpu.index);
  }
  vm.pv?.powerOn?.();
  vm.framebuffer = plan.framebuffer;
  applyBootPlan(plan, engine.memory);
  engine.flushCode();
  enter(engine.state(0), plan.entry);
}
