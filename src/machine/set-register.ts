// A register written by the user: what the CPU derives from it is brought up to date.
import { updateMode } from '../x86/system/mode';
import { readPdptes, setPdptes, usesPae } from '../x86/system/pdptes';
import type { VcpuState } from '../x86/vcpu-state';
import { readRegister, registerErrors, writeRegister } from './registers';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

/** Registers that change what an address means. */
const PAGING = new Set(['cr0', 'cr3', 'cr4', 'efer']);
/** What is nowhere: an entry that is present, with reserved bits. */
const NO_RAM = 0xffff_ffff_ffff_ffffn;

export function setRegister(vm: Vm, vcpu: Vcpu, name: string, value: bigint): void {
  const { state } = vcpu;
  const before = readRegister(state, name);
  const usedPae = isPae(state);
  writeRegister(state, name, value);
  if (PAGING.has(name) && isPae(state) && (name === 'cr3' || !usedPae)) {
    const pdptes = pdptesAt(vm, state.u64('cr3'));
    if (pdptes === undefined) {
      const cr3 = state.u64('cr3');
      writeRegister(state, name, before!);
      throw registerErrors.pdptes(name, cr3);
    }
    setPdptes(state, pdptes);
  }
  // What waited for the instruction there is not to come any more.
  if (name === 'rip') vm.engine.dropHeld(vcpu.index);
  updateMode(state);
  if (PAGING.has(name)) vm.engine.flushTlb(vcpu.index);
}

const isPae = (state: VcpuState): boolean => usesPae(state.u64('cr0'), state.u64('cr4'), state.u64('efer'));

/** As MOV CR3 loads them. */
function pdptesAt({ engine }: Vm, cr3: bigint): bigint[] | undefined {
  return readPdptes((gpa) => {
    const bytes = engine.memory.read(gpa, 8);
    return bytes === undefined ? NO_RAM : new DataView(bytes.buffer).getBigUint64(0, true);
  }, cr3);
}
