// The devices of one PC-like VM and where they are: the one list in which a device is registered. To add a device, construct it from
// its ports, give it a row here (or in the list of pc-devices.ts, where it belongs to that machine alone), and it is reachable, reset,
// saved and restored with the others.

import { assert } from '../base/assert';
import type { SavedValue } from '../base/saved';
import type { TickSource } from '../trace/rows';
import { ACPI_PM, AcpiPm } from './acpi/acpi-pm';
import { Bus, type BusTarget, mmioTarget, portTarget, type UnclaimedAccess } from './bus';
import { COPROCESSOR_ERROR_IRQ, COPROCESSOR_ERROR_PORT, CoprocessorError } from './coprocessor-error';
import type { DescribedDevice } from './describe';
import { boardDevice, type DeviceRow, isa } from './device-row';
import type { FwCfgMachine } from './fw-cfg/items';
import { I8042, I8042_PORTS } from './i8042/i8042';
import { IO_APIC_BASE_GPA, IO_APIC_MMIO_SIZE, IoApic } from './io-apic';
import { EXTINT_PIN, IrqRouter } from './irq-router';
import { ApicBus } from './local-apic/apic-bus';
import type { ApicObserver } from './local-apic/apic-observer';
import { LocalApic } from './local-apic/local-apic';
import { ApicRegisters } from './local-apic/register-access';
import type { TscPort } from './local-apic/timer';
import { type PcDevices, pcDevices } from './pc-devices';
import { PIC_ELCR_PORT, PIC_MASTER_PORT, PIC_SLAVE_PORT, PicPair } from './pic';
import { PIT_PORT, Pit } from './pit/pit';
import { PORT92, Port92 } from './port92';
import type { BoardDevice, ByteSink, Clock, CpuSignals, Device, GuestMemory, IrqLine, MachineKind, PowerPort, Timers } from './ports';
import { POST_PORT, PostPort } from './post-port';
import { ReplaceableLine } from './replaceable-line';
import { PCI_CONFIG_ADDRESS_PORT, PCI_CONFIG_ADDRESS_SIZE, ResetPort } from './reset-port';
import { RTC_PORT } from './rtc/registers';
import { Rtc } from './rtc/rtc';
import { SYSTEM_CONTROL_B_PORT, SystemControlB } from './system-control-b';
import { testDevices } from './test-devices';
import { TickCount, type TickListener, type TickPolicy } from './ticks';
import { UART_PORTS, Uart16550 } from './uart16550';

export const COM1_PORT = 0x3f8;
const IRQ = { timer: 0, com1: 4, rtc: 8 } as const;
const PIC_CASCADE = 2;

/** One vCPU as its local APIC needs it; the first is the bootstrap processor. */
export interface ChipsetCpu {
  /** "vcpu0": names its timer and its saved state. */
  readonly name: string;
  readonly apicId: number;
  readonly signals: CpuSignals;
  readonly tsc: TscPort;
  readonly clock: Clock;
  readonly onApicBaseChanged?: () => void;
}

export interface ChipsetPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly power: PowerPort;
  /** What the guest writes to COM1. */
  readonly serial: ByteSink;
  /** What the guest writes to port 0xe9. */
  readonly debugConsole: ByteSink;
  readonly onSerialRoom?: () => void;
  readonly machine?: MachineKind;
  /** A machine "pc" with Xen's platform device. */
  readonly xen?: boolean;
  readonly memory?: GuestMemory;
  readonly fwCfg?: FwCfgMachine;
  /** The screen as text, of a machine that has one. */
  readonly screen?: ByteSink;
  /** A key may get through to the guest now. */
  readonly onKeyboardRoom?: () => void;
  readonly onUnclaimed: (access: UnclaimedAccess) => void;
  readonly apicObserver?: ApicObserver;
  /** What becomes of ticks that come too close: lost unless told otherwise. */
  readonly lostTicks?: Readonly<Partial<Record<TickSource, TickPolicy>>>;
  readonly onTicks?: TickListener;
  readonly cpus: readonly ChipsetCpu[];
  readonly memoryBytes: number;
  readonly rtcBaseUnixSeconds: number;
  readonly physicalAddressBits: number;
}

const NO_MEMORY: GuestMemory = { read: () => undefined, write: () => false };
const NO_SINK: ByteSink = { write: () => {} };

export class Chipset {
  readonly portBus: Bus;
  readonly mmioBus: Bus;
  readonly apicBus: ApicBus;
  readonly localApics: readonly LocalApic[];
  /** Each vCPU's own view: its xAPIC page (at localApics[n].mmioBaseGpa) and its x2APIC MSRs. */
  readonly apicRegisters: readonly ApicRegisters[];
  readonly serial: Uart16550;
  readonly pic: PicPair;
  readonly ioApic: IoApic;
  readonly irqs: IrqRouter;
  readonly keyboard: I8042;
  readonly acpiPm: AcpiPm;
  readonly coprocessorError: CoprocessorError;
  /** What only the machine "pc" has. */
  readonly pc: PcDevices | undefined;
  private readonly pit: Pit;
  private readonly pitTicks: TickCount;
  private readonly rows: readonly DeviceRow[];
  private readonly tickCounts: { source: TickSource; apicId: number; count: TickCount }[] = [];

  constructor(private readonly ports: ChipsetPorts) {
    const { clock, timers, power } = ports;
    this.portBus = new Bus('port', ports.onUnclaimed);
    this.mmioBus = new Bus('mmio', ports.onUnclaimed);
    this.apicBus = new ApicBus(ports.apicObserver);
    this.pic = new PicPair({ set: (level) => this.setIntr(level) }, (irq) => this.irqs.ownersOfIrq(irq));
    this.ioApic = new IoApic(
      { send: (message) => this.apicBus.send(message), isRequested: (message) => this.apicBus.isRequested(message) },
      (pin) => (pin === EXTINT_PIN ? ['pic'] : this.irqs.ownersOfPin(pin)),
    );
    this.irqs = new IrqRouter({
      picLine: (irq, level) => this.pic.setIrq(irq, level),
      ioApicPin: (pin, level) => this.ioApic.setPin(pin, level),
      picHears: (irq) => this.pic.hearsEdge(irq),
      picWants: (irq) => this.pic.wantsEdge(irq),
      ioApicHears: (pin) => this.ioApic.hearsEdge(pin),
      ioApicWaits: (pin) => this.ioApic.waits(pin),
    });
    this.localApics = ports.cpus.map((cpu, index) => this.localApic(cpu, index === 0, ports));
    this.apicRegisters = this.localApics.map((apic) => new ApicRegisters(apic));
    this.apicBus.attachEoiListener(this.ioApic);
    this.serial = new Uart16550({
      name: 'uart0',
      irq: this.irqs.line(IRQ.com1, 'uart0'),
      output: ports.serial,
      clock,
      timers,
      ...(ports.onSerialRoom && { onRoom: ports.onSerialRoom }),
    });
    const timerLine = new ReplaceableLine('timer-line', this.irqs.line(IRQ.timer, 'pit'));
    const rtcLine = new ReplaceableLine('rtc-line', this.irqs.line(IRQ.rtc, 'rtc'));
    this.pitTicks = this.tickCount('pit', -1);
    this.pit = new Pit({
      ...{ irq: timerLine, clock, timers, ticks: this.pitTicks },
      isHeard: () => !timerLine.isReplaced && this.irqs.isHeard(IRQ.timer),
      hasRoom: () => !timerLine.isReplaced && this.irqs.hasRoom(IRQ.timer),
      isWanted: () => !timerLine.isReplaced && this.irqs.isWanted(IRQ.timer),
    });
    const { rtcBaseUnixSeconds, memoryBytes } = ports;
    const rtc = new Rtc({ irq: rtcLine, clock, timers, rtcBaseUnixSeconds, memoryBytes, ticks: this.tickCount('rtc', -1) });
    const systemControlB = new SystemControlB({ clock, speaker: this.pit });
    const irq = (line: number, owner: string): IrqLine => this.irqs.line(line, owner);
    const i8042 = new I8042({
      power,
      keyboardIrq: irq(I8042_PORTS.keyboardIrq, 'i8042'),
      mouseIrq: irq(I8042_PORTS.mouseIrq, 'i8042'),
      onRoom: () => ports.onKeyboardRoom?.(),
    });
    this.keyboard = i8042;
    this.acpiPm = new AcpiPm({ clock, timers, power, sci: irq(ACPI_PM.sciIrq, 'acpi-pm') });
    this.coprocessorError = new CoprocessorError(
      irq(COPROCESSOR_ERROR_IRQ, 'coprocessor-error'),
      ports.cpus.map(({ signals }) => signals),
    );
    const port92 = new Port92(power);
    const postPort = new PostPort();
    const replaceLegacyTimers = (on: boolean): void => {
      this.pit.sync();
      timerLine.replace(on);
      rtcLine.replace(on);
      this.pit.sync();
    };
    const { portBus, mmioBus } = this;
    this.pc =
      ports.machine === 'pc'
        ? pcDevices({
            ...{ clock, timers, power, portBus, mmioBus, irq, replaceLegacyTimers },
            ...{
              ticks: this.tickCount('hpet', -1),
              hasRoom: (line) => this.irqs.hasRoom(line),
              isWanted: (line) => this.irqs.isWanted(line),
            },
            ...{ screen: ports.screen ?? NO_SINK, xen: ports.xen === true },
          })
        : undefined;
    const tests = testDevices({
      ...{ clock, timers, power },
      debugConsole: ports.debugConsole,
      memory: ports.memory ?? NO_MEMORY,
      irq: (line) => (line === PIC_CASCADE ? undefined : irq(line, '')),
      fwCfg: ports.fwCfg ?? { memoryBytes, cpus: 1, maxCpus: 1, commandLine: '', initrd: undefined, memoryMap: [], files: [] },
    });
    const synced = (target: BusTarget): BusTarget => ({
      read: (offset, size) => this.withTimerSynced(() => target.read(offset, size)),
      write: (offset, size, value) => this.withTimerSynced(() => target.write(offset, size, value)),
    });
    this.rows = [
      { device: this.irqs },
      { device: timerLine },
      { device: rtcLine },
      {
        device: this.pic,
        ports: [
          isa(PIC_MASTER_PORT, 2, synced(portTarget(this.pic.masterPorts))),
          isa(PIC_SLAVE_PORT, 2, portTarget(this.pic.slavePorts)),
          isa(PIC_ELCR_PORT, 2, portTarget(this.pic.elcrPorts)),
        ],
      },
      { device: this.ioApic, mmio: [{ base: IO_APIC_BASE_GPA, size: IO_APIC_MMIO_SIZE, target: synced(mmioTarget(this.ioApic)) }] },
      ...this.localApics.map((device) => ({ device })),
      { device: this.pit, ports: [isa(PIT_PORT, 4, portTarget(this.pit))] },
      { device: systemControlB, ports: [isa(SYSTEM_CONTROL_B_PORT, 1, portTarget(systemControlB))] },
      { device: rtc, ports: [isa(RTC_PORT, 2, portTarget(rtc))], acpi: { hid: 'PNP0B00' }, irqs: [IRQ.rtc] },
      { device: this.serial, ports: [isa(COM1_PORT, UART_PORTS, portTarget(this.serial))], acpi: { hid: 'PNP0501' }, irqs: [IRQ.com1] },
      {
        device: i8042,
        ports: [isa(I8042_PORTS.data, 1, portTarget(i8042.dataPort)), isa(I8042_PORTS.command, 1, portTarget(i8042.commandPort))],
        acpi: { hid: 'PNP0303' },
        irqs: [I8042_PORTS.keyboardIrq],
      },
      {
        device: this.acpiPm,
        ports: [{ base: ACPI_PM.base, size: ACPI_PM.size, target: portTarget(this.acpiPm) }],
        irqs: [ACPI_PM.sciIrq],
      },
      { device: port92, ports: [isa(PORT92, 1, portTarget(port92))] },
      { device: this.coprocessorError, ports: [isa(COPROCESSOR_ERROR_PORT, 1, portTarget(this.coprocessorError))] },
      { device: postPort, ports: [isa(POST_PORT, 1, portTarget(postPort))] },
      ...tests,
      ...(this.pc?.rows ?? minimalDevices(power)),
    ];
    for (const { device, ports: io = [], mmio = [] } of this.rows) {
      for (const range of io) this.portBus.register({ ...range, name: device.name });
      for (const range of mmio) this.mmioBus.register({ ...range, name: device.name });
    }
  }

  get devices(): readonly Device[] {
    return this.rows.map((row) => row.device);
  }

  /** All devices as somebody who looks at the machine wants them; those that tell nothing of themselves with their places alone. */
  describe(): DescribedDevice[] {
    return this.rows.map((row) => {
      const { name, ports, mmio } = boardDevice(row);
      const { title = name, registers = [], tables = [] } = row.device.describe?.() ?? {};
      return { name, title, ports, mmio, registers, tables };
    });
  }

  /** What firmware would tell of it. */
  get board(): readonly BoardDevice[] {
    return this.rows.map(boardDevice);
  }

  reset(): void {
    for (const { device } of this.rows) device.reset();
    for (const { count } of this.tickCounts) count.reset();
  }

  save(): SavedValue {
    return Object.fromEntries(this.rows.map(({ device }) => [device.name, device.save()]));
  }

  restore(saved: SavedValue): void {
    const states = saved as { readonly [name: string]: SavedValue };
    for (const { device } of this.rows) {
      const state = states[device.name];
      assert(state !== undefined, `saved state has no ${device.name}`);
      device.restore(state);
    }
  }

  private localApic(cpu: ChipsetCpu, isBsp: boolean, ports: ChipsetPorts): LocalApic {
    return new LocalApic({
      vcpuName: cpu.name,
      apicId: cpu.apicId,
      isBsp,
      physicalAddressBits: ports.physicalAddressBits,
      signals: cpu.signals,
      bus: this.apicBus,
      clock: cpu.clock,
      timers: ports.timers,
      tsc: cpu.tsc,
      ticks: this.tickCount('lapic', cpu.apicId),
      onTaken: () => this.giveOwed(),
      acknowledgeExtInt: () => this.withTimerSynced(() => this.pic.acknowledge()),
      ...(cpu.onApicBaseChanged && { onBaseChanged: cpu.onApicBaseChanged }),
    });
  }

  private tickCount(source: TickSource, apicId: number): TickCount {
    const policy = this.ports.lostTicks?.[source] ?? 'lost';
    const count = new TickCount(source, apicId, policy, (...told) => this.ports.onTicks?.(...told));
    this.tickCounts.push({ source, apicId, count });
    return count;
  }

  /** Of each periodic timer: ticks so far, and those of them that the guest has not seen. */
  get ticks(): { source: TickSource; apicId: number; ticks: number; lost: number }[] {
    return this.tickCounts.map(({ source, apicId, count: { state } }) => ({ source, apicId, ticks: state.ticks, lost: state.lost }));
  }

  /** Board timers whose ticks are given later send the next one when there is room for it. */
  private giveOwed(): void {
    if (this.pitTicks.owes) this.pit.sync();
    this.pc?.hpet.giveOwed();
  }

  /** The timer makes no events while the interrupt controllers do not hear it: it catches up around each use of them. */
  private withTimerSynced<T>(use: () => T): T {
    this.pit.sync();
    const result = use();
    this.pit.sync();
    this.pc?.hpet.giveOwed();
    // A keyboard interrupt may get through now.
    this.ports.onKeyboardRoom?.();
    return result;
  }

  /** The PIC's INTR goes to LINT0 of every processor and to pin 0 of the I/O APIC (MP 1.4, 3.6.2). */
  private setIntr(level: boolean): void {
    for (const apic of this.localApics) apic.setLint0(level);
    this.ioApic.setPin(EXTINT_PIN, level);
  }
}

/** Reset at the port where a PC has it, without the PCI around it. */
function minimalDevices(power: PowerPort): readonly DeviceRow[] {
  const resetPort = new ResetPort(power);
  return [{ device: resetPort, ports: [{ base: PCI_CONFIG_ADDRESS_PORT, size: PCI_CONFIG_ADDRESS_SIZE, target: portTarget(resetPort) }] }];
}
