// A simulated host: physical CPUs, virtual time, VMs, and how they are wired. Never sleeps, never asks the time of day.

import { assert } from '../base/assert';
import type { SavedValue, Stateful } from '../base/saved';
import type { BootPlan } from '../boot/plan';
import type { VirtualNs } from '../devices/ports';
import type { CpuEngine, EngineConfig } from '../engine/cpu-engine';
import { TraceRecorder } from '../trace/recorder';
import { SWITCH_REASONS, TASK_KINDS, TraceKind } from '../trace/rows';
import type { CpuidResult } from '../x86/cpu';
import { Activity } from '../x86/layout';
import type { ConsoleStream, ExitInfo, HostConfig, Position, StopInfo, StopPointSpec } from './control/types';
import { checkHostConfig } from './host-config';
import { HostInputs } from './host-inputs';
import { switchedOff } from './power-requested';
import { Sampler } from './profile/sampler';
import { RunControl, type SliceResult } from './run-control';
import type { Entity } from './sched/entity';
import { Neighbour } from './sched/neighbour';
import type { Pcpu } from './sched/pcpu';
import { RunLoop } from './sched/run-loop';
import { Scheduler, type SwitchReason } from './sched/scheduler';
import { type Identity, identityOf } from './state/identity';
import { StopPoints } from './stop-points';
import { EventQueue } from './time/event-queue';
import { HostInstant } from './time/virtual-time';
import { planOf } from './vm/boot-vm';
import { powerOn } from './vm/power-on';
import type { Vcpu } from './vm/vcpu';
import { Vm } from './vm/vm';

/** Parts that a host is given rather than makes. */
export interface HostParts {
  createEngine(config: EngineConfig): CpuEngine;
  /** The CPU's own CPUID leaves for a vCPU of this VM. */
  cpuid(vm: Vm, vcpu: number, leaf: number, subleaf: number): CpuidResult;
}

/** What a host tells while it runs. */
export interface HostListener {
  onConsole(vm: number, stream: ConsoleStream, byte: number): void;
  /** A VM has ended, and others go on. */
  onVmEnded(vm: number, end: ExitInfo): void;
  onLog(vm: number, vcpu: number, id: number, text: string): void;
  onMessage(severity: 'info' | 'warning' | 'error', text: string): void;
}

export class Host implements Stateful {
  readonly events = new EventQueue();
  readonly instant = new HostInstant();
  readonly scheduler: Scheduler;
  readonly recorder: TraceRecorder;
  readonly loop: RunLoop;
  readonly vms: readonly Vm[];
  readonly inputs: HostInputs;
  readonly stopPoints = new StopPoints();
  readonly sampler = new Sampler(this);
  private readonly neighbours: readonly Neighbour[];
  private readonly plans: readonly BootPlan[];
  private knownIdentity: Identity | undefined;
  private readonly byEntity: readonly (Vcpu | undefined)[];
  /** Stops, steps and ends of the run. */
  readonly control: RunControl;

  constructor(
    readonly config: HostConfig,
    parts: HostParts,
    readonly listener: HostListener,
  ) {
    checkHostConfig(config);
    this.recorder = new TraceRecorder({ capacity: config.traceCapacity, shared: config.sharedMemory });
    this.scheduler = new Scheduler(config.pcpus, this.events, { policy: config.policy, seed: config.seed });
    this.control = new RunControl(this);
    this.loop = new RunLoop(this.scheduler, this.events, this.instant, this.control);
    this.vms = config.vms.map(
      (vm, index) =>
        new Vm(index, vm, {
          scheduler: this.scheduler,
          events: this.events,
          instant: this.instant,
          recorder: this.recorder,
          sharedMemory: config.sharedMemory,
          // Each VM has its own random numbers.
          createEngine: (engine) =>
            parts.createEngine({
              ...engine,
              tier: config.tier ?? 'interpreter',
              regionProfile: config.regionProfile === true,
              tierStatistics: config.tierStatistics === true,
              singleSteps: config.singleSteps === true,
              seed: config.seed + index * 0x1_0000,
            }),
          cpuid: (of, vcpu, leaf, subleaf) => parts.cpuid(of, vcpu, leaf, subleaf),
          runDueEvents: (nowNs) => this.loop.runDueEvents(nowNs),
          wakerOf: () => this.taskOf(this.loop.executing),
          watch: this.control.events,
          onConsole: (of, stream, byte) => listener.onConsole(of.index, stream, byte),
          onMessage: (text) => listener.onMessage('info', text),
        }),
    );
    for (const { engine } of this.vms) engine.isOver = () => this.loop.isOver();
    const byEntity: (Vcpu | undefined)[] = [];
    for (const vm of this.vms) for (const vcpu of vm.vcpus) byEntity[vcpu.entity.id] = vcpu;
    this.byEntity = byEntity;
    this.neighbours = config.neighbours.map((neighbour, index) => new Neighbour(index, neighbour, this.scheduler, this.events));
    this.inputs = new HostInputs(this);
    this.plans = this.vms.map((vm) => {
      const plan = planOf(vm);
      listener.onMessage('info', `${vm.config.name}: ${plan.why}`);
      for (const note of plan.notes) listener.onMessage('warning', `${vm.config.name}: ${note}`);
      return plan;
    });
    this.scheduler.onSwitch = (pcpu, previous, next, reason) => this.traceSwitch(pcpu, previous, next, reason);
    for (const vm of this.vms) this.start(vm, false);
    for (const neighbour of this.neighbours) neighbour.start();
  }

  /** Power-on, or a reboot. */
  start(vm: Vm, again: boolean): void {
    vm.ended = undefined;
    powerOn(vm, this.plans[vm.index]!, again);
    const nowNs = this.loop.reachedNs;
    vm.usage.switchedOn(nowNs);
    for (const vcpu of vm.vcpus) {
      if (again) this.scheduler.park(vcpu.entity, 'offline', nowNs);
      if (vcpu.activity === Activity.running) this.scheduler.wake(vcpu.entity, nowNs);
    }
    vm.trace.power(again ? 'reboot' : 'power-on', 0);
  }

  /** A VM's end while others go on: nothing of it happens any more. What it had in memory stays to be looked at. */
  switchOff(vm: Vm, end: ExitInfo): void {
    vm.ended = end;
    vm.usage.switchedOff(this.loop.reachedNs);
    for (const vcpu of vm.vcpus) this.scheduler.park(vcpu.entity, 'offline', this.loop.reachedNs);
    vm.quiet();
  }

  /** The user ends or restarts a VM. What it is in the middle of is finished first. */
  command(vm: Vm, what: 'restart' | 'switch-off'): void {
    const { executing } = this.loop;
    if (executing !== undefined && this.vmOf(this.ofEntity(executing)) === vm) vm.power.command(what);
    else if (what === 'restart') this.start(vm, true);
    else if (vm.ended === undefined) this.control.endVm(vm, switchedOff);
  }

  private traceSwitch(pcpu: Pcpu, previous: Entity | undefined, next: Entity | undefined, reason: SwitchReason): void {
    const from = this.taskOf(previous);
    const to = this.taskOf(next);
    const kind = TraceKind['sched-switch'];
    const why = SWITCH_REASONS.indexOf(reason);
    this.recorder.event(kind, to.vm, to.vcpu, pcpu.clockNs, 0, 0n, pcpu.id, from.kind, from.vm, from.id, to.kind, to.vm, to.id, why);
  }

  private taskOf(entity: Entity | undefined): { kind: number; vm: number; vcpu: number; id: number } {
    const vcpu = entity === undefined ? undefined : this.byEntity[entity.id];
    if (vcpu !== undefined) return { kind: TASK_KINDS.indexOf('vcpu'), vm: this.vmOf(vcpu).index, vcpu: vcpu.index, id: vcpu.index };
    if (entity === undefined) return { kind: TASK_KINDS.indexOf('idle'), vm: -1, vcpu: -1, id: -1 };
    const id = this.neighbours.findIndex((neighbour) => neighbour.entity === entity);
    return { kind: TASK_KINDS.indexOf('neighbour'), vm: -1, vcpu: -1, id };
  }

  // --- running ---

  get stop(): StopInfo | undefined {
    return this.control.stop;
  }
  get exit(): ExitInfo | undefined {
    return this.control.exit;
  }
  set pauseWanted(wanted: () => boolean) {
    this.control.pauseWanted = wanted;
  }

  /** Runs a little: about `budgetNs` of virtual time summed over pCPUs. While all are idle, time goes on up to `horizonNs`. */
  runSlice(budgetNs: number, horizonNs: VirtualNs): SliceResult {
    return this.control.runSlice(budgetNs, horizonNs);
  }

  ofEntity(entity: Entity): Vcpu {
    const vcpu = this.byEntity[entity.id];
    assert(vcpu !== undefined, `${entity.name} is no vCPU`);
    return vcpu;
  }

  vcpu(vm: number, vcpu: number): Vcpu {
    const found = this.vms[vm]?.vcpus[vcpu];
    if (found === undefined) throw new RangeError(`there is no vCPU ${vcpu} in VM ${vm}`);
    return found;
  }

  vmOf(vcpu: Vcpu): Vm {
    const { vms } = this;
    // A closure and an iterator each time would be garbage: it is asked for each slice.
    for (let i = 0; i < vms.length; i++) if (vms[i]!.vcpus[vcpu.index] === vcpu) return vms[i]!;
    throw new Error('a vCPU of no VM');
  }

  positionOf(vcpu: Vcpu): Position {
    return {
      vm: this.vmOf(vcpu).index,
      vcpu: vcpu.index,
      retired: vcpu.retired(),
      event: this.recorder.nextSequence,
      virtualNs: vcpu.localNs(),
    };
  }

  setStopPoints(points: readonly StopPointSpec[]): void {
    this.stopPoints.set(points);
    this.armStopPoints();
  }

  armStopPoints(): void {
    for (const vm of this.vms) {
      const { linear, physical } = this.stopPoints.addresses(vm.index);
      vm.engine.setStopPoints(linear, physical);
      vm.engine.setWatchpoints(this.stopPoints.watchpoints(vm.index));
    }
  }

  get instructions(): number {
    let sum = 0;
    for (const vm of this.vms) for (const vcpu of vm.vcpus) sum += vcpu.retired();
    return sum;
  }

  // --- saved state ---

  /** What a state of this host belongs to. */
  get identity(): Identity {
    this.knownIdentity ??= identityOf(this.config);
    return this.knownIdentity;
  }

  /** Everything that a digest covers but RAM. */
  saveWithoutRam(): SavedValue {
    return {
      events: this.events.save(),
      scheduler: this.scheduler.save(),
      loop: this.loop.save(),
      vms: this.vms.map((vm) => vm.saveWithoutRam()),
    };
  }

  save(): SavedValue {
    return this.saveWith((vm) => vm.save());
  }

  /** All of `save` but RAM. */
  saveOutline(): SavedValue {
    return this.saveWith((vm) => vm.saveWithoutRam());
  }

  private saveWith(saveVm: (vm: Vm) => SavedValue): SavedValue {
    return {
      events: this.events.save(),
      scheduler: this.scheduler.save(),
      loop: this.loop.save(),
      slice: this.loop.saveSlice(),
      vms: this.vms.map(saveVm),
      trace: this.recorder.save(),
      inputs: this.inputs.save(),
      lastRun: this.control.lastVcpu.entity.id,
    };
  }

  restore(saved: SavedValue): void {
    const { trace, inputs } = saved as Record<string, SavedValue>;
    this.restoreWith(saved, (vm, from) => vm.restore(from));
    for (const vm of this.vms) for (const { entity } of vm.vcpus) entity.account.history.clear();
    this.recorder.restore(trace!);
    this.inputs.restore(inputs!);
  }

  /** Back in this very run; RAM is as it was then. What happened since is still to come: inputs are given again, and the trace ends here. */
  restoreOutline(saved: SavedValue): void {
    const { trace, inputs } = saved as Record<string, SavedValue>;
    this.restoreWith(saved, (vm, from) => vm.restoreOutline(from));
    this.recorder.rewind(trace!);
    this.inputs.rewind(inputs!);
  }

  private restoreWith(saved: SavedValue, restoreVm: (vm: Vm, from: SavedValue) => void): void {
    const from = saved as Record<string, SavedValue> & { vms: SavedValue[]; lastRun: number };
    for (const vm of this.vms) restoreVm(vm, from.vms[vm.index]!);
    this.scheduler.restore(from.scheduler!);
    this.instant.clear();
    this.events.restore(from.events!);
    this.loop.restore(from.loop!);
    this.loop.restoreSlice(from.slice!);
    this.control.restored(this.byEntity[from.lastRun]!);
  }
}
