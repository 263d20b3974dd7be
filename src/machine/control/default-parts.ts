// The parts that every host is made of: the CPU engine and the CPU's own CPUID leaves.
import { HELPERS } from '../../engine/helpers';
import { WasmEngine } from '../../engine/wasm-engine';
import { cpuidLeaf } from '../../x86/cpuid';
import type { HostParts } from '../host';

export function defaultParts(): HostParts {
  return {
    createEngine: (config) => new WasmEngine(config, { helpers: HELPERS }),
    cpuid: (vm, vcpu, leaf, subleaf) =>
      cpuidLeaf({ vcpus: vm.config.vcpus, apicId: vcpu, hypervisor: vm.config.hypervisor !== 'none' }, leaf, subleaf),
  };
}
