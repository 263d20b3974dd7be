// The functions on PCI bus 0 of the machine "pc" that are there without a device behind them: those of Intel's i440FX and PIIX chip sets
// (82441FX and 82371AB data sheets), as QEMU's machine of that name shows them.
import type { PciFunctionRow } from './config-space';

const bytes = (offset: number, values: readonly number[], writable: number) =>
  values.map((value, i) => ({ offset: offset + i, value, writable }));

export const HOST_BRIDGE: PciFunctionRow = {
  name: 'pci-host-bridge',
  device: 0,
  function: 0,
  vendorId: 0x8086,
  deviceId: 0x1237,
  revision: 2,
  classCode: 0x060000,
  // Programmable attribute map and SMRAM: kept, without effect; memory below 1 MiB is RAM.
  registers: [...bytes(0x59, [0, 0, 0, 0, 0, 0, 0], 0xff), { offset: 0x72, value: 0x02, writable: 0x7f }],
};

export const ISA_BRIDGE: PciFunctionRow = {
  name: 'pci-isa-bridge',
  device: 1,
  function: 0,
  vendorId: 0x8086,
  deviceId: 0x7000,
  revision: 0,
  classCode: 0x060100,
  multiFunction: true,
  // PIRQ routes: none.
  registers: bytes(0x60, [0x80, 0x80, 0x80, 0x80], 0x8f),
};

/** Power management: tells where the ACPI registers are; they do not move. */
export const powerManagement = (pmBasePort: number): PciFunctionRow => ({
  name: 'pci-power-management',
  device: 1,
  function: 3,
  vendorId: 0x8086,
  deviceId: 0x7113,
  revision: 3,
  classCode: 0x068000,
  registers: [
    { offset: 0x3c, value: 9, writable: 0xff },
    { offset: 0x3d, value: 1, writable: 0 },
    ...bytes(0x40, [(pmBasePort & 0xff) | 1, pmBasePort >> 8], 0),
    { offset: 0x80, value: 1, writable: 0 },
  ],
});
