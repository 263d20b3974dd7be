// A register written by the user: what the CPU derives from it is brought up to date.
import { updateMode } from '../x86/system/mode';
import { writeRegister } from './registers';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

/** Registers that change what an address means. */
const PAGING = new Set(['cr0', 'cr3', 'cr4', 'efer']);

export function setRegister(vm: Vm, vcpu: Vcpu, name: string, value: bigint): void {
  writeRegister(vcpu.state, name, value);
  // What waited for the instruction there is not to come any more.
  if (name === 'rip') vm.engine.dropHeld(vcpu.index);
  updateMode(vcpu.state);
  if (PAGING.has(name)) vm.engine.flushTlb(vcpu.index);
}
