// What the program of a stop point sees of a vCPU.
import type { ProgramContext } from './control/program';
import type { StopEvent } from './control/stop-types';
import type { HypercallInfo } from './control/types';
import { linearOf, physical, readBytes, readUnsigned } from './memory-access';
import { readRegister } from './registers';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

export function programContext(
  vm: Vm,
  vcpu: Vcpu,
  hypercall: (HypercallInfo & { cpl: number }) | undefined,
  event?: Pick<StopEvent, 'name' | 'fields'>,
): ProgramContext {
  return {
    hypercall,
    event,
    register: (name) => readRegister(vcpu.state, name),
    load(space, address, size) {
      const bytes = readBytes(vm.engine, address, size, space === 'physical' ? physical : linearOf(vm.engine, vcpu.index));
      return bytes.length === size ? readUnsigned(bytes) : undefined;
    },
  };
}
