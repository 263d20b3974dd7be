// A device and where it is: the row by which it is registered on a board. Ranges are on the buses, reset and saved state follow from the
// list, and so do the ACPI tables.
import type { AccessSize, BusTarget } from './bus';
import type { BoardDevice, Device } from './ports';

export interface DeviceRow {
  readonly device: Device;
  readonly ports?: readonly { base: number; size: number; target: BusTarget; width?: AccessSize }[];
  readonly mmio?: readonly { base: number; size: number; target: BusTarget }[];
  /** How ACPI announces it; undefined: not at all. */
  readonly acpi?: { readonly hid: string };
  readonly irqs?: readonly number[];
}

/** A range of an 8-bit device of the ISA bus. */
export const isa = (base: number, size: number, target: BusTarget) => ({ base, size, target, width: 1 as const });

export function boardDevice({ device, ports = [], mmio = [], acpi, irqs = [] }: DeviceRow): BoardDevice {
  return {
    name: device.name,
    hid: acpi?.hid,
    ports: ports.map(({ base, size }) => ({ base, size })),
    mmio: mmio.map(({ base, size }) => ({ base, size })),
    irqs,
  };
}
