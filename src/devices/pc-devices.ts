// What the machine "pc" has beyond the minimal one: PCI with Intel's host and ISA bridges, HPET, VGA, pci-testdev.
import { ACPI_PM } from './acpi/acpi-pm';
import { type Bus, mmioTarget, portTarget } from './bus';
import { type DeviceRow, isa } from './device-row';
import { HPET, Hpet } from './hpet';
import { PCI_CONFIG_PORTS, PciConfigPorts } from './pci/config-ports';
import { PciFunction } from './pci/config-space';
import { HOST_BRIDGE, ISA_BRIDGE, powerManagement } from './pci/functions.rows';
import { XEN_UNPLUG, XenUnplugPorts, xenPlatform } from './pci/xen-platform';
import type { ByteSink, Clock, IrqLine, PowerPort, Timers } from './ports';
import { ResetPort } from './reset-port';
import { PCI_TESTDEV_BAR_SIZE, PCI_TESTDEV_ID, PciTestdevRegisters } from './testdev/pci-testdev';
import type { TickCount } from './ticks';
import { VGA, Vga } from './vga/vga';

export interface PcDevicePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly power: PowerPort;
  readonly portBus: Bus;
  readonly mmioBus: Bus;
  readonly irq: (line: number, owner: string) => IrqLine;
  readonly replaceLegacyTimers: (on: boolean) => void;
  /** Of the HPET's periodic comparator. */
  readonly ticks: TickCount;
  readonly hasRoom: (line: number) => boolean;
  readonly isWanted: (line: number) => boolean;
  /** The screen as text. */
  readonly screen: ByteSink;
  /** Of an HVM guest of Xen. */
  readonly xen: boolean;
}

export interface PcDevices {
  readonly vga: Vga;
  readonly hpet: Hpet;
  readonly rows: readonly DeviceRow[];
}

/** Where pci-testdev's BARs are until the guest moves them. */
const TESTDEV_BARS = { mmio: 0xfebf0000, port: 0xc000 } as const;

export function pcDevices(ports: PcDevicePorts): PcDevices {
  const { clock, timers, power, portBus, mmioBus, irq, ticks, hasRoom, isWanted } = ports;
  const buses = { portBus, mmioBus };
  const hpet = new Hpet({
    ...{ clock, timers, ticks, hasRoom, isWanted },
    irq: (line) => irq(line, 'hpet'),
    replaceLegacy: ports.replaceLegacyTimers,
  });
  const vga = new Vga(clock, ports.screen);
  const registers = new PciTestdevRegisters();
  const pciTestdev = new PciFunction(
    {
      name: 'pci-testdev',
      device: 4,
      function: 0,
      vendorId: PCI_TESTDEV_ID.vendor,
      deviceId: PCI_TESTDEV_ID.device,
      revision: 0,
      classCode: 0x00ff00,
      bars: [
        { space: 'mmio', size: PCI_TESTDEV_BAR_SIZE.mmio, target: registers.target('mmio'), base: TESTDEV_BARS.mmio },
        { space: 'port', size: PCI_TESTDEV_BAR_SIZE.portio, target: registers.target('portio'), base: TESTDEV_BARS.port },
      ],
    },
    buses,
    registers,
  );
  const functions = [...[HOST_BRIDGE, ISA_BRIDGE, powerManagement(ACPI_PM.base)].map((row) => new PciFunction(row, buses)), pciTestdev];
  if (ports.xen) functions.push(xenPlatform(buses));
  const unplug = ports.xen ? new XenUnplugPorts() : undefined;
  const resetPort = new ResetPort(power);
  const pciConfig = new PciConfigPorts(functions, resetPort);
  return {
    vga,
    hpet,
    rows: [
      { device: resetPort },
      { device: pciConfig, ports: [{ ...PCI_CONFIG_PORTS, target: portTarget(pciConfig) }] },
      ...functions.map((device) => ({ device })),
      ...(unplug === undefined ? [] : [{ device: unplug, ports: [{ ...XEN_UNPLUG, target: portTarget(unplug) }] }]),
      { device: hpet, mmio: [{ base: HPET.gpa, size: HPET.size, target: mmioTarget(hpet) }], acpi: { hid: 'PNP0103' } },
      {
        device: vga,
        ports: [
          isa(VGA.ports, VGA.portCount, portTarget(vga.ports)),
          isa(VGA.crtc, 2, portTarget(vga.crtcPorts)),
          isa(VGA.status, 1, portTarget(vga.statusPort)),
        ],
        mmio: [{ base: VGA.textGpa, size: VGA.textSize, target: mmioTarget(vga.textMemory) }],
      },
    ],
  };
}
