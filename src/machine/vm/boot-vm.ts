// A VM's configuration as boot input, and the plan that its image gives.
import { MemoryByteSource } from '../../base/byte-source';
import { acpiTables } from '../../boot/acpi/tables';
import { planBoot } from '../../boot/detect';
import { type MemoryRange, memoryMap } from '../../boot/layout';
import type { BootPlan } from '../../boot/plan';
import type { E820Range } from '../../devices/fw-cfg/items';
import type { VmConfig } from '../control/types';
import type { Vm } from './vm';
import { XEN_SPECIAL_RANGE, xenGuestBytes } from './xen-port';

const E820 = { ram: 1, reserved: 2 } as const;

/** RAM that the guest gets: Xen keeps a little of a VM's memory for itself. */
export const guestBytes = ({ memory, hypervisor }: Pick<VmConfig, 'memory' | 'hypervisor'>): number =>
  hypervisor === 'xen' ? xenGuestBytes(memory) : memory;
const reservedRanges = ({ hypervisor }: Pick<VmConfig, 'hypervisor'>): readonly MemoryRange[] =>
  hypervisor === 'xen' ? [XEN_SPECIAL_RANGE] : [];

/** The memory map as fw_cfg tells it. */
export const memoryRanges = (config: Pick<VmConfig, 'memory' | 'hypervisor'>): readonly E820Range[] =>
  memoryMap(guestBytes(config), reservedRanges(config)).map(({ startGpa, endGpa, kind }) => ({ startGpa, endGpa, type: E820[kind] }));

/** Throws a UserError where the image cannot boot. */
export function planOf({ config, chipset }: Pick<Vm, 'config' | 'chipset'>): BootPlan {
  return planBoot({
    image: new MemoryByteSource(config.image.path, config.image.bytes),
    protocol: config.boot,
    ...(config.fastBoot && { fastBoot: true }),
    modules: config.modules.map(({ path, args, bytes }) => ({ source: new MemoryByteSource(path, bytes), args })),
    commandLine: config.append,
    memoryBytes: guestBytes(config),
    reserved: reservedRanges(config),
    display: config.machine === 'pc',
    acpi: acpiTables({ cpus: config.vcpus, board: chipset.board }),
  });
}
