// The parts that every host is made of: the CPU engine and the CPU's own CPUID leaves.
import { cpuidLeaf } from '../../x86/cpuid';
import { createCpuEngine } from '../../engine/engine';
import type { HostParts } from '../host';

export function defaultParts(): HostParts {
  return {
    createEngine: (config) => createCpuEngine(config),
    cpuid: (vm, vcpu, leaf, subleaf) =>
      cpuidLeaf({ vcpus: vm.config.vcpus, apicId: vcpu, hypervisor: vm.config.hypervisor !== 'none' }, leaf, subleaf),
  };
}
