// One virtual machine: memory, vCPUs, devices, paravirtual interface, and how they are wired. All of its state is reachable from here.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Framebuffer } from '../../boot/plan';
import { Chipset, COM1_PORT } from '../../devices/chipset';
import { I8042_PORTS } from '../../devices/i8042/i8042';
import type { GuestMemory, Timers, VirtualNs } from '../../devices/ports';
import type { TickPolicy } from '../../devices/ticks';
import { VGA } from '../../devices/vga/vga';
import type { CpuEngine, EngineConfig } from '../../engine/cpu-engine';
import type { PvInterface } from '../../pv/interface';
import { KvmInterface } from '../../pv/kvm/kvm-interface';
import { XenInterface } from '../../pv/xen/xen-interface';
import type { TraceRecorder } from '../../trace/recorder';
import {
  BLOCK_REASONS,
  CONSOLE_STREAMS,
  ExitReason,
  IPI_ORIGINS,
  POWER_EVENTS,
  RUN_STATES,
  TICK_SOURCES,
  type TickSource,
  TraceKind,
  WAKE_REASONS,
} from '../../trace/rows';
import type { CpuHost, CpuidResult } from '../../x86/cpu';
import { Activity, MAX_VCPUS, PAGE_SIZE } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { parseCpuModel } from '../../x86/models/parse-model';
import { PHYSICAL_ADDRESS_BITS } from '../../x86/system/bits';
import type { ConsoleStream, ExitInfo, HeldClock, ScreenView, VmConfig } from '../control/types';
import { costTableOf } from '../costs/tables';
import type { EventWatch } from '../event-watch';
import { Exits } from '../exits';
import { Quota } from '../sched/quota';
import type { Scheduler } from '../sched/scheduler';
import { restoreRam, saveRam } from '../state/ram';
import { EventClass, type EventQueue } from '../time/event-queue';
import { GuestTime } from '../time/guest-time';
import { type HostInstant, VirtualTime } from '../time/virtual-time';
import { guestBytes, memoryRanges } from './boot-vm';
import { KeyboardInput, type KeyReceiver } from './keyboard-input';
import { KvmPort } from './kvm-port';
import { mapDevicePage } from './memory-map';
import { PowerRequests } from './power';
import { SerialInput } from './serial-input';
import { TickClocks } from './tick-clocks';
import { tracedTimers } from './traced-timers';
import { Unclaimed } from './unclaimed';
import { Vcpu, type VcpuSurroundings, type WakeReason } from './vcpu';
import { TSC_HZ, VcpuHost } from './vcpu-host';
import { VmUsage } from './vm-usage';
import { XenPort } from './xen-port';

/** Virtual ns a PAUSE takes. */
const PAUSE_NS = 100;
const IO_APIC_GPA = 0xfec0_0000;
/** The host around a VM, as far as wiring needs it. */
export interface VmSurroundings {
  readonly scheduler: Scheduler;
  readonly events: EventQueue;
  readonly instant: HostInstant;
  readonly recorder: TraceRecorder;
  readonly sharedMemory: boolean;
  createEngine(config: EngineConfig): CpuEngine;
  /** The CPU's own CPUID leaves for a vCPU of this VM. */
  cpuid(vm: Vm, vcpu: number, leaf: number, subleaf: number): CpuidResult;
  runDueEvents(nowNs: VirtualNs): void;
  /** The vCPU that runs at this instant; -1: none. */
  wakerOf(): { vm: number; vcpu: number };
  onConsole(vm: Vm, stream: ConsoleStream, byte: number): void;
  onMessage(text: string): void;
  /** Told of what stop points may wait for. */
  readonly watch: EventWatch;
}

export class Vm implements Stateful {
  readonly vcpus: readonly Vcpu[];
  readonly time: VirtualTime;
  /** What its own clocks show. */
  readonly clock: GuestTime;
  readonly model: CpuModel;
  readonly engine: CpuEngine;
  readonly chipset: Chipset;
  readonly exits: Exits;
  readonly pv: PvInterface | undefined;
  readonly power: PowerRequests;
  /** The cap of all its vCPUs together. */
  readonly quota: Quota;
  readonly serialInput: SerialInput;
  readonly keyboardInput: KeyboardInput;
  /** Of the plan that was booted. */
  framebuffer: Framebuffer | undefined;
  /** It has ended, while other VMs of the host go on. */
  ended: ExitInfo | undefined;
  /** For pay per use. */
  readonly usage = new VmUsage();
  readonly tickClocks = new TickClocks();

  constructor(
    readonly index: number,
    readonly config: VmConfig,
    private readonly around: VmSurroundings,
  ) {
    assert(
      config.maxVcpus <= MAX_VCPUS && config.vcpus >= 1 && config.vcpus <= config.maxVcpus,
      `${config.vcpus} of ${config.maxVcpus} vCPUs`,
    );
    this.model = parseCpuModel(config.cpu, config.hypervisor !== 'none');
    this.time = new VirtualTime(around.instant);
    this.clock = new GuestTime(this.time);
    const { clock } = this;
    const ofHost: Timers = { create: (name, onExpire) => around.events.create(`vm${index}.${name}`, EventClass.guest, onExpire) };
    const timers = clock.timers(ofHost);
    this.exits = new Exits(costTableOf(config.model, config.costs), (kind, vcpu, atNs, durationNs, rip, f0, f1, f2, f3, f4) =>
      around.recorder.event(kind, index, vcpu, atNs, durationNs, rip, f0, f1, f2, f3, f4),
    );
    this.quota = new Quota(config.cap);
    this.power = new PowerRequests(() => this.engine.requestLeave());
    this.vcpus = Array.from({ length: config.vcpus }, (_, each) => this.createVcpu(each, ofHost));
    this.serialInput = new SerialInput('uart0.line', timers, clock, () => this.chipset.serial);
    this.serialInput.onByte = (byte) => this.trace(TraceKind['console-input'], -1, CONSOLE_STREAMS.indexOf('serial'), byte);
    this.keyboardInput = new KeyboardInput(timers, clock, () => this.keyReceiver);
    const memory: GuestMemory = {
      read: (gpa, length) => this.engine.memory.read(gpa, length),
      write: (gpa, bytes) => this.engine.memory.write(gpa, bytes),
    };
    const unclaimed = new Unclaimed(config, (text) => around.onMessage(text));
    this.chipset = new Chipset({
      clock,
      timers: clock.timers(
        tracedTimers(ofHost, {
          armed: (timer, vcpu, deadlineNs) => this.trace(TraceKind['timer-armed'], vcpu, timer, deadlineNs),
          fired: (timer, vcpu, deadlineNs) => this.trace(TraceKind['timer-fired'], vcpu, timer, deadlineNs),
        }),
      ),
      power: this.power,
      serial: { write: (byte) => this.output('serial', byte) },
      debugConsole: { write: (byte) => this.output('debug', byte) },
      onSerialRoom: () => this.serialInput.plan(),
      onKeyboardRoom: () => this.keyboardInput?.plan(),
      machine: config.machine ?? 'minimal',
      xen: config.hypervisor === 'xen',
      memory,
      fwCfg: {
        memoryBytes: guestBytes(config),
        cpus: config.vcpus,
        maxCpus: config.maxVcpus,
        commandLine: config.append,
        initrd: config.modules[0]?.bytes,
        memoryMap: memoryRanges(config),
        files: config.fwCfg ?? [],
      },
      screen: { write: (byte) => this.output('screen', byte) },
      onUnclaimed: ({ space, address, size, written }) => unclaimed.report(space, address, size, written !== undefined),
      cpus: this.vcpus.map((vcpu) => ({
        name: `vcpu${vcpu.index}`,
        apicId: vcpu.index,
        signals: vcpu,
        tsc: { deadlineNs: (tsc) => this.tscDeadlineNs(vcpu, tsc) },
        clock,
        onApicBaseChanged: () => this.mapApicPages(),
      })),
      memoryBytes: guestBytes(config),
      rtcBaseUnixSeconds: config.rtcBaseUnixSeconds,
      physicalAddressBits: PHYSICAL_ADDRESS_BITS,
      lostTicks: lostTicksOf(config),
      onTicks: (source, apicId, ticks, periodNs) => {
        this.tickClocks.fell(source, apicId, ticks, periodNs, this.time.nowNs());
        this.trace(TraceKind['tick-lost'], apicId, TICK_SOURCES.indexOf(source), ticks, periodNs);
      },
      apicObserver: {
        onAccepted: (apicId, vector, level, from) => this.trace(TraceKind['interrupt-accepted'], apicId, vector, level ? 1 : 0, from ?? -1),
        onEnded: (apicId, vector) => this.trace(TraceKind['interrupt-eoi'], apicId, vector, 0),
        onIpi: (from, to, vector, delivery, via) => this.trace(TraceKind.ipi, from, to ?? -1, vector, delivery, IPI_ORIGINS.indexOf(via)),
      },
    });
    this.pv = this.createInterface(memory, timers);
    this.observeEndOfInterrupt();
    this.engine = around.createEngine({
      vcpus: config.vcpus,
      ramSize: config.memory,
      maxRamSize: config.maxMemory,
      pauseNs: PAUSE_NS,
      sharedMemory: around.sharedMemory,
      model: this.model,
      hosts: this.vcpus.map((vcpu) => this.hostOf(vcpu)),
    });
    for (const vcpu of this.vcpus) vcpu.engine = this.engine;
    mapDevicePage(this.engine.memory, IO_APIC_GPA);
    if (this.chipset.pc !== undefined) {
      for (let at = 0; at < VGA.textSize; at += PAGE_SIZE) mapDevicePage(this.engine.memory, VGA.textGpa + at);
    }
    this.mapApicPages();
  }

  private createInterface(memory: GuestMemory, timers: Timers): PvInterface | undefined {
    const { config, around, chipset } = this;
    const parts = {
      ...{ memory, vcpus: this.vcpus, scheduler: around.scheduler, wallClockBaseSeconds: config.rtcBaseUnixSeconds },
      chipset: () => chipset,
      trace: (kind: number, vcpu: number, ...fields: (number | bigint | undefined)[]) => this.trace(kind, vcpu, ...fields),
    };
    if (config.hypervisor === 'kvm') return new KvmInterface(new KvmPort({ ...parts, maxVcpus: config.vcpus }));
    if (config.hypervisor !== 'xen') return undefined;
    const port = new XenPort({
      ...parts,
      ...{ memoryBytes: config.memory, name: config.name, vmIndex: this.index, timers, clock: this.clock, power: this.power },
      engine: () => this.engine,
      output: (stream, byte) => this.output(stream, byte),
      typed: (byte) => this.trace(TraceKind['console-input'], -1, CONSOLE_STREAMS.indexOf('hvc'), byte),
      message: (text) => around.onMessage(`${config.name}: ${text}`),
    });
    port.attach(chipset);
    const xen = new XenInterface(port, () => {
      for (const bytes of this.serialInput.takeAll()) xen.console.push(bytes);
    });
    return xen;
  }

  // --- what is typed ---

  /** To the console that the guest has written to through its paravirtual interface, else to the serial port. */
  typed(bytes: Uint8Array): void {
    const console = this.pv?.console;
    if (console?.used) console.push(bytes);
    else this.serialInput.push(bytes);
  }
  get typedIsRead(): boolean {
    return this.serialInput.isEmpty && this.keyboardInput.isEmpty && this.pv?.console?.isEmpty !== false;
  }
  /** Asked by the paravirtual interface where the guest listens there, else by ACPI. */
  pressPowerButton(): void {
    if (this.pv?.listensToPowerButton) this.pv.pressPowerButton?.();
    else this.chipset.acpiPm.pressPowerButton();
  }
  get listensToPowerButton(): boolean {
    return this.pv?.listensToPowerButton === true || this.chipset.acpiPm.listensToPowerButton;
  }

  /** Something that is typed can wake a guest that sleeps. */
  get listensToTyping(): boolean {
    return this.serialInput.interrupts || this.keyboardInterrupts || this.pv?.console?.used === true;
  }

  /** Nothing that it had under way happens any more. */
  quiet(): void {
    this.tickClocks.clear();
    this.chipset.reset();
    this.pv?.quiet?.();
    this.serialInput.reset();
    this.keyboardInput.reset();
    for (const vcpu of this.vcpus) {
      vcpu.resetSignals();
      this.pv?.reset(vcpu.index);
    }
  }

  private createVcpu(index: number, timers: Timers): Vcpu {
    const { scheduler } = this.around;
    const { weight, vcpuCap, affinity } = this.config;
    const pcpus = scheduler.pcpus.map(({ id }) => id).filter((id) => affinity === undefined || affinity.includes(id));
    const entity = scheduler.create({
      name: `vm${this.index}.vcpu${index}`,
      weight,
      absolute: false,
      cap: vcpuCap,
      shared: this.quota,
      affinity,
      home: pcpus[scheduler.entities.length % pcpus.length] ?? 0,
    });
    const around: VcpuSurroundings = {
      scheduler,
      time: this.time,
      clock: this.clock,
      timers,
      runDueEvents: (nowNs) => this.around.runDueEvents(nowNs),
      onWoken: (vcpu, reason, atNs) => this.traceWake(vcpu, reason, atNs),
      onInit: (vcpu) => this.pv?.reset(vcpu.index),
      onStartup: (vcpu, vector) => this.trace(TraceKind['vcpu-start'], vcpu.index, vector),
    };
    const vcpu = new Vcpu(index, entity, around);
    entity.account.onChange = (from, to, atNs, pcpu) => this.traceRunState(index, atNs, from, to, pcpu);
    entity.onSwitchIn = (_pcpu, atNs) => {
      vcpu.switchedIn();
      this.around.instant.duringEvent(atNs, () => this.pv?.scheduledIn(index));
    };
    entity.onSwitchOut = (to, atNs) => this.around.instant.duringEvent(atNs, () => this.pv?.scheduledOut(index, to === 'runnable'));
    return vcpu;
  }

  private hostOf(vcpu: Vcpu): CpuHost {
    return new VcpuHost({
      vcpu,
      chipset: this.chipset,
      lapic: this.chipset.localApics[vcpu.index]!,
      exits: this.exits,
      pv: this.pv,
      watch: this.around.watch,
      serialInput: this.serialInput,
      serialPort: COM1_PORT,
      time: this.time,
      clock: this.clock,
      cpuid: (leaf, subleaf) => this.around.cpuid(this, vcpu.index, leaf, subleaf),
      tscMoved: () => this.tscMoved(vcpu),
      vm: this.index,
      recorded: (records, count) => this.around.recorder.append(records, count),
      trace: (kind, index, durationNs, rip, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9) => {
        const atNs = vcpu.localNs() - durationNs;
        this.around.recorder.event(kind, this.index, index, atNs, durationNs, rip, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9);
      },
    });
  }

  /** An end of interrupt that the guest only noted in memory is made real before its APIC is looked at. */
  private observeEndOfInterrupt(): void {
    const { pv } = this;
    if (pv === undefined) return;
    for (const [index, lapic] of this.chipset.localApics.entries()) {
      let inside = false;
      lapic.setEoiObserver({
        onAcknowledge: () => {},
        beforeUse: () => {
          if (inside) return;
          inside = true;
          pv.exited(index);
          inside = false;
        },
      });
    }
  }

  private tscDeadlineNs(vcpu: Vcpu, tsc: bigint): VirtualNs | undefined {
    const perNs = BigInt(TSC_HZ / 1_000_000_000);
    const host = BigInt.asUintN(64, tsc - vcpu.state.u64('tscOffset'));
    const deadline = (host + perNs - 1n) / perNs;
    return deadline <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(deadline) : undefined;
  }

  /** The guest moved a vCPU's time stamp counter. */
  private tscMoved(vcpu: Vcpu): void {
    this.chipset.localApics[vcpu.index]!.timer.tscChanged();
    this.pv?.tscChanged(vcpu.index);
  }

  private mapApicPages(): void {
    if (this.engine === undefined) return;
    for (const lapic of this.chipset.localApics) {
      const gpa = lapic.mmioBaseGpa;
      if (gpa !== undefined && (this.engine.memory.frame(gpa / PAGE_SIZE) & 2) === 0) mapDevicePage(this.engine.memory, gpa);
    }
  }

  // --- traces ---

  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void {
    const rip = vcpu >= 0 && this.engine !== undefined ? this.vcpus[vcpu]!.rip() : 0n;
    this.around.recorder.event(kind, this.index, vcpu, this.time.nowNs(), 0, rip, f0, f1, f2, f3);
  }

  private traceWake(vcpu: Vcpu, reason: WakeReason, atNs: VirtualNs): void {
    const by = this.around.wakerOf();
    const why = WAKE_REASONS.indexOf(reason);
    this.around.recorder.event(TraceKind['sched-wake'], this.index, vcpu.index, atNs, 0, vcpu.rip(), why, by.vm, by.vcpu);
  }

  private traceRunState(
    vcpu: number,
    atNs: VirtualNs,
    from: (typeof RUN_STATES)[number],
    to: (typeof RUN_STATES)[number],
    pcpu: number,
  ): void {
    const { recorder } = this.around;
    recorder.event(TraceKind['run-state'], this.index, vcpu, atNs, 0, 0n, RUN_STATES.indexOf(from), RUN_STATES.indexOf(to), pcpu);
  }

  tracePower(event: (typeof POWER_EVENTS)[number], value: number): void {
    this.trace(TraceKind.power, -1, POWER_EVENTS.indexOf(event), value);
  }

  private output(stream: ConsoleStream, byte: number): void {
    this.trace(TraceKind['console-output'], -1, CONSOLE_STREAMS.indexOf(stream), byte);
    const hidden = this.config.consoleDevice === 'vga' ? 'serial' : this.config.consoleDevice === 'serial' ? 'screen' : undefined;
    if (stream === hidden) return;
    this.usage.consoleBytes++;
    this.around.onConsole(this, stream, byte);
  }

  // --- screen and keyboard ---

  private get keyReceiver(): KeyReceiver {
    const { keyboard } = this.chipset;
    return {
      room: keyboard.room,
      listens: keyboard.isPolled || this.keyboardInterrupts,
      receive: (byte) => {
        this.trace(TraceKind['console-input'], -1, CONSOLE_STREAMS.indexOf('screen'), byte);
        keyboard.receive(byte);
      },
    };
  }

  /** A key can wake a guest that sleeps. */
  get keyboardInterrupts(): boolean {
    const { keyboard, irqs } = this.chipset;
    return keyboard.interruptsEnabled && irqs.isHeard(I8042_PORTS.keyboardIrq);
  }

  screen(): ScreenView {
    if (this.framebuffer !== undefined) return { kind: 'framebuffer', ...this.framebuffer };
    const vga = this.chipset.pc?.vga;
    if (vga === undefined) return { kind: 'none' };
    const { cursor, ...text } = vga.screen();
    return { kind: 'text', ...text, cursor: cursor ?? null };
  }

  // --- held ---

  /** No vCPU of it runs; its clocks stop, or run on. */
  get isHeld(): boolean {
    return this.heldNs !== undefined;
  }
  private heldNs: VirtualNs | undefined;
  /** Timers that wait until its clocks go on. */
  get heldTimers(): { name: string; leftNs: number }[] {
    return this.clock.held;
  }

  hold(clock: HeldClock, atNs: VirtualNs): void {
    const { scheduler } = this.around;
    for (const { entity } of this.vcpus) scheduler.holds.holdVm(entity, atNs);
    this.heldNs = Math.max(atNs, this.time.toldNs, ...this.vcpus.map(({ entity }) => entity.account.sinceNs));
    if (clock === 'stops') this.clock.stop(this.heldNs);
  }

  letGo(atNs: VirtualNs): void {
    assert(this.heldNs !== undefined, `${this.config.name} is not held`);
    const freeNs = Math.max(atNs, this.heldNs);
    this.heldNs = undefined;
    this.around.instant.duringEvent(freeNs, () => {
      if (this.clock.stands) this.clock.goOn(freeNs);
      else this.pv?.guestStopped?.();
    });
    for (const vcpu of this.vcpus) vcpu.letGo(freeNs);
  }

  // --- HLT and MWAIT ---

  /** HLT or MWAIT has retired: its exit, on the vCPU's own clock. Gives the cost. */
  haltExit(vcpu: Vcpu): number {
    const reason = waitOf(vcpu);
    if (reason === 'ferr' || this.pv?.sleepsByCall?.(vcpu.index) || !this.exits.happens(reason)) return 0;
    this.pv?.exited(vcpu.index);
    const costNs = this.exits.note(reason);
    vcpu.entity.account.hypervisorNs += costNs;
    this.around.recorder.event(TraceKind['vm-exit'], this.index, vcpu.index, vcpu.localNs(), costNs, vcpu.rip(), ExitReason[reason]);
    this.around.watch.exited(vcpu, reason, 0, 0, 0, 0);
    return costNs;
  }

  /** The exit has been paid; the vCPU sleeps unless something already wakes it. */
  halt(vcpu: Vcpu, atNs: VirtualNs): boolean {
    const { recorder } = this.around;
    const state = vcpu.state;
    if (state.u32('activity') === Activity.running || this.engine.wakeable(vcpu.index)) return false;
    const why = BLOCK_REASONS.indexOf(this.pv?.sleepsByCall?.(vcpu.index) ? 'poll' : waitOf(vcpu));
    let sleeps = true;
    this.around.instant.duringEvent(atNs, () => {
      if (this.pv?.haltReturns(vcpu.index)) {
        vcpu.leaveHalt();
        sleeps = false;
      }
    });
    if (sleeps) recorder.event(TraceKind['sched-block'], this.index, vcpu.index, atNs, 0, vcpu.rip(), why);
    return sleeps;
  }

  // --- saved state ---

  /** Everything but RAM. */
  saveWithoutRam(): SavedValue {
    return {
      time: this.time.save(),
      clock: this.clock.save(),
      heldNs: this.heldNs ?? null,
      vcpus: this.vcpus.map((vcpu) => vcpu.save()),
      chipset: this.chipset.save(),
      pv: this.pv?.save() ?? null,
      exits: this.exits.save(),
      quota: this.quota.save(),
      usage: this.usage.save(),
      ended: this.ended === undefined ? null : { ...this.ended },
      serialInput: this.serialInput.save(),
      keyboardInput: this.keyboardInput.save(),
    };
  }

  save(): SavedValue {
    return { rest: this.saveWithoutRam(), ram: saveRam(this.engine.memory.buffer, this.config.memory) };
  }

  restore(saved: SavedValue): void {
    const { rest, ram } = saved as { rest: SavedValue; ram: SavedValue };
    restoreRam(this.engine.memory.buffer, this.config.memory, ram);
    this.engine.flushCode();
    this.restoreOutline(rest);
  }

  /** Of `saveWithoutRam`. RAM is there already. */
  restoreOutline(saved: SavedValue): void {
    const rest = saved as Record<string, SavedValue>;
    this.time.restore(rest.time!);
    this.clock.restore(rest.clock!);
    this.heldNs = (rest.heldNs as number | null) ?? undefined;
    this.tickClocks.clear();
    this.chipset.restore(rest.chipset!);
    if (this.pv !== undefined) this.pv.restore(rest.pv!);
    this.exits.restore(rest.exits!);
    this.quota.restore(rest.quota!);
    this.usage.restore(rest.usage!);
    this.ended = (rest.ended as ExitInfo | null) ?? undefined;
    this.serialInput.restore(rest.serialInput!);
    this.keyboardInput.restore(rest.keyboardInput!);
    // Last: devices that were restored have set their lines, which the saved state has already.
    const vcpus = rest.vcpus as SavedValue[];
    for (const vcpu of this.vcpus) vcpu.restore(vcpus[vcpu.index]!);
  }
}

const lostTicksOf = ({ lostTicks }: VmConfig): Readonly<Partial<Record<TickSource, TickPolicy>>> =>
  lostTicks === undefined ? { pit: 'catch-up' } : { pit: lostTicks, lapic: lostTicks, rtc: lostTicks, hpet: lostTicks };

const waitOf = ({ activity }: Vcpu): 'hlt' | 'mwait' | 'ferr' =>
  activity === Activity.mwait ? 'mwait' : activity === Activity.frozen ? 'ferr' : 'hlt';
