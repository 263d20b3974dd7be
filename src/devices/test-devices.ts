// The devices that guest test suites look for, as QEMU has them. Every board has them: nothing else is at their addresses.
import { type AccessSize, type BusTarget, mmioTarget, portTarget } from './bus';
import { DEBUG_CONSOLE_PORT, DebugConsole } from './debug-console';
import { DEBUG_EXIT_PORT, DEBUG_EXIT_SIZE, DebugExit } from './debug-exit';
import { type DeviceRow, isa } from './device-row';
import { FW_CFG_PORTS, FwCfg } from './fw-cfg/fw-cfg';
import { type FwCfgMachine, fwCfgItems } from './fw-cfg/items';
import type { ByteSink, Clock, GuestMemory, IrqLine, PortHandler, PowerPort, Timers } from './ports';
import { PC_TESTDEV, PcTestdev } from './testdev/pc-testdev';
import { TESTDEV_MEMORY_SIZE_PORT, TESTDEV_PRINT_PORT, Testdev } from './testdev/testdev';

export interface TestDevicePorts {
  readonly power: PowerPort;
  readonly debugConsole: ByteSink;
  readonly memory: GuestMemory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly irq: (line: number) => IrqLine | undefined;
  readonly fwCfg: FwCfgMachine;
}

/** The debug console's port is the second byte of pc-testdev's byte port: a byte there is the console's, wider accesses the register's. */
const bytePort = (register: PortHandler, console: PortHandler): BusTarget => {
  const of = (port: number, size: AccessSize): PortHandler =>
    size === 1 && PC_TESTDEV.bytes + port === DEBUG_CONSOLE_PORT ? console : register;
  return {
    read: (port, size) => of(port, size).readPort(port, size),
    write: (port, size, value) => of(port, size).writePort(port, size, value),
  };
};

export function testDevices({ power, debugConsole, memory, clock, timers, irq, fwCfg: machine }: TestDevicePorts): readonly DeviceRow[] {
  const lines = Array.from({ length: PC_TESTDEV.irqCount }, (_, line) => irq(line));
  const pcTestdev = new PcTestdev((line) => lines[line]);
  const console = new DebugConsole(debugConsole);
  const exit = new DebugExit(power);
  const testdev = new Testdev(debugConsole, machine.memoryBytes);
  const fwCfg = new FwCfg({ items: fwCfgItems(machine), memory, clock, timers });
  return [
    { device: console },
    { device: exit, ports: [{ base: DEBUG_EXIT_PORT, size: DEBUG_EXIT_SIZE, target: portTarget(exit) }] },
    {
      device: pcTestdev,
      ports: [
        { base: PC_TESTDEV.register, size: 4, target: portTarget(pcTestdev.registerPorts) },
        { base: PC_TESTDEV.flush, size: 4, target: portTarget(pcTestdev.flushPort) },
        { base: PC_TESTDEV.bytes, size: 4, target: bytePort(pcTestdev.registerPorts, console) },
        isa(PC_TESTDEV.irqs, PC_TESTDEV.irqCount, portTarget(pcTestdev.irqPorts)),
      ],
      mmio: [{ base: PC_TESTDEV.memoryGpa, size: PC_TESTDEV.memorySize, target: mmioTarget(pcTestdev.window) }],
    },
    {
      device: testdev,
      ports: [
        isa(TESTDEV_PRINT_PORT, 1, portTarget(testdev.printPort)),
        { base: TESTDEV_MEMORY_SIZE_PORT, size: 4, target: portTarget(testdev.memorySizePort) },
      ],
    },
    {
      device: fwCfg,
      ports: [
        { base: FW_CFG_PORTS.base, size: FW_CFG_PORTS.size, target: portTarget(fwCfg) },
        { base: FW_CFG_PORTS.dma, size: FW_CFG_PORTS.dmaSize, target: portTarget(fwCfg.dmaPorts) },
      ],
    },
  ];
}
