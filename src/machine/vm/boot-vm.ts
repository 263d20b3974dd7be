// A VM's configuration as boot input, and the plan that its image gives.
import { MemoryByteSource } from '../../base/byte-source';
import { acpiTables } from '../../boot/acpi/tables';
import { planBoot } from '../../boot/detect';
import { memoryMap } from '../../boot/layout';
import type { BootPlan } from '../../boot/plan';
import type { E820Range } from '../../devices/fw-cfg/items';
import type { Vm } from './vm';

const E820 = { ram: 1, reserved: 2 } as const;

/** The memory map as fw_cfg tells it. */
export const memoryRanges = (memoryBytes: number): readonly E820Range[] =>
  memoryMap(memoryBytes).map(({ startGpa, endGpa, kind }) => ({ startGpa, endGpa, type: E820[kind] }));

/** Throws a UserError where the image cannot boot. */
export function planOf({ config, chipset }: Pick<Vm, 'config' | 'chipset'>): BootPlan {
  return planBoot({
    image: new MemoryByteSource(config.image.path, config.image.bytes),
    protocol: config.boot,
    ...(config.fastBoot && { fastBoot: true }),
    modules: config.modules.map(({ path, args, bytes }) => ({ source: new MemoryByteSource(path, bytes), args })),
    commandLine: config.append,
    memoryBytes: config.memory,
    display: config.machine === 'pc',
    acpi: acpiTables({ cpus: config.vcpus, board: chipset.board }),
  });
}
