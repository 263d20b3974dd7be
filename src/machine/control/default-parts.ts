// The parts that every host is made of: the CPU engine and the CPU's own CPUID leaves.
import { HELPERS } from '../../engine/helpers';
import { WasmEngine } from '../../engine/wasm-engine';
import { cpuidLeaf } from '../../x86/cpuid';
import type { HostParts } from '../host';

/** The interpreter made beforehand, for shared memory or not; undefined: the engine makes it (a quarter of a second). */
export type Interpreters = (shared: boolean) => WebAssembly.Module | undefined;

export function defaultParts(interpreters: Interpreters = () => undefined, clockMs?: () => number): HostParts {
  return {
    createEngine: (config) => {
      const interpreter = interpreters(config.sharedMemory);
      return new WasmEngine(config, {
        helpers: HELPERS,
        ...(interpreter !== undefined && { interpreter }),
        ...(clockMs !== undefined && { clockMs }),
      });
    },
    cpuid: (vm, vcpu, leaf, subleaf) =>
      cpuidLeaf({ model: vm.model, vcpus: vm.config.vcpus, apicId: vcpu, hypervisor: vm.config.hypervisor !== 'none' }, leaf, subleaf),
  };
}
