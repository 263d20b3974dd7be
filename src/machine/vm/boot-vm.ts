// A VM's configuration as boot input, and the plan that its image gives.
import { MemoryByteSource } from '../../base/byte-source';
import { planBoot } from '../../boot/detect';
import type { BootPlan } from '../../boot/plan';
import type { VmConfig } from '../control/types';

/** Throws a UserError where the image cannot boot. */
export function planOf(config: VmConfig): BootPlan {
  return planBoot({
    image: new MemoryByteSource(config.image.path, config.image.bytes),
    protocol: config.boot,
    modules: config.modules.map(({ path, args, bytes }) => ({ source: new MemoryByteSource(path, bytes), args })),
    commandLine: config.append,
    memoryBytes: config.memory,
  });
}
