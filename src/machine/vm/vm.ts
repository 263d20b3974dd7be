// One virtual machine: memory, vCPUs, devices, paravirtual interface, and how they are wired. All of its state is reachable from here.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Framebuffer } from '../../boot/plan';
import { type Chipset, COM1_PORT } from '../../devices/chipset';
import type { GuestMemory, Timers, VirtualNs } from '../../devices/ports';
import { VGA } from '../../devices/vga/vga';
import type { CpuEngine, EngineConfig } from '../../engine/cpu-engine';
import type { PvInterface } from '../../pv/interface';
import type { TraceRecorder } from '../../trace/recorder';
import { CONSOLE_STREAMS, TraceKind } from '../../trace/rows';
import type { CpuHost, CpuidResult } from '../../x86/cpu';
import { MAX_VCPUS, PAGE_SIZE } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { parseCpuModel } from '../../x86/models/parse-model';
import type { ConsoleStream, ExitInfo, ScreenView, VmConfig } from '../control/types';
import { costTableOf } from '../costs/tables';
import type { EventWatch } from '../event-watch';
import { Exits } from '../exits';
import { Quota } from '../sched/quota';
import type { Scheduler } from '../sched/scheduler';
import { restoreRam, saveRam } from '../state/ram';
import { EventClass, type EventQueue } from '../time/event-queue';
import { GuestTime } from '../time/guest-time';
import { type HostInstant, VirtualTime } from '../time/virtual-time';
import { mapDevicePage } from './memory-map';
import { PowerRequests } from './power';
import { TickClocks } from './tick-clocks';
import { Vcpu, type VcpuSurroundings } from './vcpu';
import { VcpuHost } from './vcpu-host';
import { createChipset } from './vm-chipset';
import { VmHold } from './vm-hold';
import { VmInput } from './vm-input';
import { createInterface } from './vm-interface';
import { VmTrace } from './vm-trace';
import { VmUsage } from './vm-usage';
import { VmWaits } from './vm-waits';

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
  readonly trace: VmTrace;
  readonly input: VmInput;
  readonly held: VmHold;
  readonly waits: VmWaits;
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
    this.trace = new VmTrace({
      ...{ recorder: around.recorder, vm: index, time: this.time },
      ripOf: (vcpu) => (this.engine === undefined ? 0n : this.vcpus[vcpu]!.rip()),
      wakerOf: () => around.wakerOf(),
    });
    this.vcpus = Array.from({ length: config.vcpus }, (_, each) => this.createVcpu(each, ofHost));
    const { exits, power, tickClocks, time, trace, vcpus } = this;
    const pv = (): PvInterface | undefined => this.pv;
    const engine = (): CpuEngine => this.engine;
    const message = (text: string): void => around.onMessage(text);
    const output = (stream: ConsoleStream, byte: number): void => this.output(stream, byte);
    const memory: GuestMemory = {
      read: (gpa, length) => this.engine.memory.read(gpa, length),
      write: (gpa, bytes) => this.engine.memory.write(gpa, bytes),
    };
    this.input = new VmInput({ timers, clock, chipset: () => this.chipset, pv, onByte: (stream, byte) => trace.typed(stream, byte) });
    this.chipset = createChipset({
      ...{ clock, config, memory, message, output, power, tickClocks, time, timers: ofHost, trace, vcpus },
      input: () => this.input,
      onApicBaseChanged: () => this.mapApicPages(),
    });
    const { chipset, input } = this;
    const { instant, recorder, scheduler, watch } = around;
    this.pv = createInterface({
      ...{ chipset, clock, config, engine, input, memory, message, output, power, scheduler, timers, trace, vcpus, vm: index },
    });
    this.held = new VmHold({ clock, instant, pv, scheduler, time, vcpus });
    this.waits = new VmWaits({ engine, exits, instant, pv, recorder, vm: index, watch });
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

  /** Nothing that it had under way happens any more. */
  quiet(): void {
    this.tickClocks.clear();
    this.chipset.reset();
    this.pv?.quiet?.();
    this.input.reset();
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
      onWoken: (vcpu, reason, atNs) => this.trace.wake(vcpu, reason, atNs),
      onInit: (vcpu) => this.pv?.reset(vcpu.index),
      onStartup: (vcpu, vector) => this.trace.event(TraceKind['vcpu-start'], vcpu.index, vector),
    };
    const vcpu = new Vcpu(index, entity, around);
    entity.account.onChange = (from, to, atNs, pcpu) => this.trace.runState(index, atNs, from, to, pcpu);
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
      serialInput: this.input.serial,
      serialPort: COM1_PORT,
      time: this.time,
      clock: this.clock,
      cpuid: (leaf, subleaf) => this.around.cpuid(this, vcpu.index, leaf, subleaf),
      tscMoved: () => this.tscMoved(vcpu),
      vm: this.index,
      recorder: this.around.recorder,
      trace: (kind, index, durationNs, rip, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9) => {
        const atNs = vcpu.localNs() - durationNs;
        this.around.recorder.event(kind, this.index, index, atNs, durationNs, rip, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9);
      },
    });
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

  private output(stream: ConsoleStream, byte: number): void {
    this.trace.event(TraceKind['console-output'], -1, CONSOLE_STREAMS.indexOf(stream), byte);
    const hidden = this.config.consoleDevice === 'vga' ? 'serial' : this.config.consoleDevice === 'serial' ? 'screen' : undefined;
    if (stream === hidden) return;
    this.usage.consoleBytes++;
    this.around.onConsole(this, stream, byte);
  }

  screen(): ScreenView {
    if (this.framebuffer !== undefined) return { kind: 'framebuffer', ...this.framebuffer };
    const vga = this.chipset.pc?.vga;
    if (vga === undefined) return { kind: 'none' };
    const { cursor, ...text } = vga.screen();
    return { kind: 'text', ...text, cursor: cursor ?? null };
  }

  // --- saved state ---

  /** Everything but RAM. */
  saveWithoutRam(): SavedValue {
    return {
      time: this.time.save(),
      clock: this.clock.save(),
      heldNs: this.held.save(),
      vcpus: this.vcpus.map((vcpu) => vcpu.save()),
      chipset: this.chipset.save(),
      pv: this.pv?.save() ?? null,
      exits: this.exits.save(),
      quota: this.quota.save(),
      usage: this.usage.save(),
      ended: this.ended === undefined ? null : { ...this.ended },
      serialInput: this.input.serial.save(),
      keyboardInput: this.input.keyboard.save(),
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
    this.held.restore(rest.heldNs as number | null);
    this.tickClocks.clear();
    this.chipset.restore(rest.chipset!);
    if (this.pv !== undefined) this.pv.restore(rest.pv!);
    this.exits.restore(rest.exits!);
    this.quota.restore(rest.quota!);
    this.usage.restore(rest.usage!);
    this.ended = (rest.ended as ExitInfo | null) ?? undefined;
    this.input.serial.restore(rest.serialInput!);
    this.input.keyboard.restore(rest.keyboardInput!);
    // Last: devices that were restored have set their lines, which the saved state has already.
    const vcpus = rest.vcpus as SavedValue[];
    for (const vcpu of this.vcpus) vcpu.restore(vcpus[vcpu.index]!);
  }
}
