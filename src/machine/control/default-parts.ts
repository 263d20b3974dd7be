// The parts that every host is made of: the CPU engine and the CPU's own CPUID leaves.
import { HELPERS } from '../../engine/helpers';
import { WasmEngine } from '../../engine/wasm-engine';
import { cpuidLeaf } from '../../x86/cpuid';
import type { HostParts } from '../host';

/** What the host's machine has for an engine; nothing of it can be seen by a guest. */
export interface HostServices {
  /** The interpreter made beforehand, for shared memory or not; undefined: the engine makes it (a quarter of a second). */
  interpreter?: (shared: boolean) => WebAssembly.Module | undefined;
  clockMs?: () => number;
  /** A compiled region's module of its bytes. */
  moduleOf?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
}

export function defaultParts({ interpreter: made, ...services }: HostServices = {}): HostParts {
  return {
    createEngine: (config) => {
      const interpreter = made?.(config.sharedMemory);
      return new WasmEngine(config, { helpers: HELPERS, ...(interpreter !== undefined && { interpreter }), ...services });
    },
    cpuid: (vm, vcpu, leaf, subleaf) =>
      cpuidLeaf({ model: vm.model, vcpus: vm.config.vcpus, apicId: vcpu, hypervisor: vm.config.hypervisor !== 'none' }, leaf, subleaf),
  };
}
