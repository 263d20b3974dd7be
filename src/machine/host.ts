// A simulated host: physical CPUs, virtual time, VMs. The wiring list, and what a run comes to: stops, exits, steps. Never sleeps, never asks the time of day.

import type { SavedValue, Stateful } from '../base/saved';
import type { BootPlan } from '../boot/plan';
import type { VirtualNs } from '../devices/ports';
import type { CpuEngine, EngineConfig, EngineReturn } from '../engine/cpu-engine';
import { TraceRecorder } from '../trace/recorder';
import { SWITCH_REASONS, TASK_KINDS, TraceKind } from '../trace/rows';
import type { CpuidResult } from '../x86/cpu';
import { Activity } from '../x86/layout';
import type { ExitInfo, FaultInfo, HostConfig, Position, StopInfo, StopPointSpec, StopReason } from './control/types';
import { faultInfo, tripleFaultText } from './fault-text';
import { checkHostConfig } from './host-config';
import { HostInputs } from './host-inputs';
import { hypercallAt } from './hypercall-at';
import { programContext } from './program-context';
import type { Entity } from './sched/entity';
import { Neighbour } from './sched/neighbour';
import type { Pcpu } from './sched/pcpu';
import { type LoopOwner, RunLoop } from './sched/run-loop';
import { Scheduler, type SwitchReason } from './sched/scheduler';
import { type StopPointHit, StopPoints } from './stop-points';
import { EventQueue } from './time/event-queue';
import { VirtualTime } from './time/virtual-time';
import { planOf } from './vm/boot-vm';
import { debugExitCode } from './vm/power';
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
  onConsole(vm: number, stream: 'serial' | 'debug', byte: number): void;
  onLog(vm: number, vcpu: number, id: number, text: string): void;
  onMessage(severity: 'info' | 'warning' | 'error', text: string): void;
}

export type SliceResult = 'again' | 'stopped' | 'exited' | 'idle-for-ever' | { idleUntilNs: VirtualNs };

/** A place to stop at: this vCPU has retired so many instructions. */
export interface Target {
  vm: number;
  vcpu: number;
  retired: number;
}

const GUEST_INTERRUPTS = 0x200n;

export class Host implements LoopOwner, Stateful {
  readonly events = new EventQueue();
  readonly time = new VirtualTime();
  readonly scheduler: Scheduler;
  readonly recorder: TraceRecorder;
  readonly loop: RunLoop;
  readonly vms: readonly Vm[];
  readonly inputs: HostInputs;
  readonly stopPoints = new StopPoints();
  private readonly neighbours: readonly Neighbour[];
  private readonly plans: readonly BootPlan[];
  private readonly byEntity: readonly (Vcpu | undefined)[];

  stop: StopInfo | undefined;
  exit: ExitInfo | undefined;
  stopOn = { tripleFault: true, haltedForever: true };
  /** Terminal input may still come: an idle guest that takes interrupts is not halted for ever. */
  inputOpen = false;
  /** Asked for by another thread or the driver: leave at the next boundary. */
  pauseWanted: () => boolean = () => false;
  private step: { vcpu: Vcpu; fromRetired: number } | undefined;
  private target: { vcpu: Vcpu; retired: number } | undefined;
  /** A triple fault was reported, and its reset is still to come. */
  private pendingFault: { vm: Vm; chain: FaultInfo[] } | undefined;
  private haltedReported = false;
  /** The hypercall at which we stopped is let through once. */
  private passHypercall: { vcpu: Vcpu; retired: number } | undefined;
  private lastRun: Vcpu;
  /** vCPUs whose next instruction passes the stop points at it. Not in their state while we stand: stops are no part of it. */
  private passing = new Set<Vcpu>();

  constructor(
    readonly config: HostConfig,
    parts: HostParts,
    readonly listener: HostListener,
  ) {
    checkHostConfig(config);
    this.recorder = new TraceRecorder({ capacity: config.traceCapacity, shared: config.sharedMemory });
    this.scheduler = new Scheduler(config.pcpus, this.events);
    this.loop = new RunLoop(this.scheduler, this.events, this.time, this);
    this.vms = config.vms.map(
      (vm, index) =>
        new Vm(index, vm, {
          scheduler: this.scheduler,
          events: this.events,
          time: this.time,
          recorder: this.recorder,
          sharedMemory: config.sharedMemory,
          createEngine: (engine) => parts.createEngine(engine),
          cpuid: (of, vcpu, leaf, subleaf) => parts.cpuid(of, vcpu, leaf, subleaf),
          runDueEvents: (nowNs) => this.loop.runDueEvents(nowNs),
          wakerOf: () => this.taskOf(this.loop.executing),
          onConsole: (of, stream, byte) => listener.onConsole(of.index, stream, byte),
          onMessage: (text) => listener.onMessage('info', text),
        }),
    );
    const byEntity: (Vcpu | undefined)[] = [];
    for (const vm of this.vms) for (const vcpu of vm.vcpus) byEntity[vcpu.entity.id] = vcpu;
    this.byEntity = byEntity;
    this.neighbours = config.neighbours.map((neighbour, index) => new Neighbour(index, neighbour, this.scheduler, this.events));
    this.inputs = new HostInputs(this);
    this.lastRun = this.vms[0]!.vcpus[0]!;
    this.plans = this.vms.map((vm) => {
      const plan = planOf(vm.config);
      listener.onMessage('info', `${vm.config.name}: ${plan.why}`);
      for (const note of plan.notes) listener.onMessage('warning', `${vm.config.name}: ${note}`);
      return plan;
    });
    this.scheduler.onSwitch = (pcpu, previous, next, reason) => this.traceSwitch(pcpu, previous, next, reason);
    for (const vm of this.vms) this.start(vm, false);
    for (const neighbour of this.neighbours) neighbour.start();
  }

  private start(vm: Vm, again: boolean): void {
    powerOn(vm, this.plans[vm.index]!, again);
    const nowNs = this.loop.reachedNs;
    for (const vcpu of vm.vcpus) {
      if (again) this.scheduler.park(vcpu.entity, 'offline', nowNs);
      if (vcpu.activity === Activity.running) this.scheduler.wake(vcpu.entity, nowNs);
    }
    vm.tracePower(again ? 'reboot' : 'power-on', 0);
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

  /** Runs a little: about `budgetNs` of virtual time summed over pCPUs. While all are idle, time goes on up to `horizonNs`. */
  runSlice(budgetNs: number, horizonNs: VirtualNs): SliceResult {
    if (this.exit === undefined && this.pendingFault !== undefined) this.afterTripleFault();
    if (this.exit !== undefined) return 'exited';
    const result = this.loop.advance(budgetNs, horizonNs);
    if (this.exit !== undefined) return 'exited';
    if (this.stop !== undefined) return 'stopped';
    if (result.kind !== 'idle') return 'again';
    if (result.untilNs !== undefined) return { idleUntilNs: result.untilNs };
    return this.idleForEver();
  }

  private idleForEver(): SliceResult {
    if (this.inputOpen && this.interruptible) return 'idle-for-ever';
    if (this.stopOn.haltedForever && !this.haltedReported) {
      this.haltedReported = true;
      this.stopAt(this.lastRun, { kind: 'halted-forever' });
      return 'stopped';
    }
    this.vms[0]!.tracePower('halted-forever', 0);
    this.exit = { reason: 'halted-forever', code: 0, text: 'every vCPU is halted and nothing can wake one' };
    return 'exited';
  }

  /** A vCPU sleeps that takes interrupts. */
  private get interruptible(): boolean {
    return this.vms.some((vm) =>
      vm.vcpus.some(({ entity, state }) => entity.account.state === 'blocked' && (state.u64('rflags') & GUEST_INTERRUPTS) !== 0n),
    );
  }

  /** Goes on from a stop: what stood at a stop point passes it once. */
  goOn(how: { step?: { vm: number; vcpu: number }; until?: Target } = {}): void {
    const from = this.stop;
    this.stop = undefined;
    if (from !== undefined) {
      const vcpu = this.vcpu(from.at.vm, from.at.vcpu);
      if (from.reason.kind === 'breakpoint' || from.reason.kind === 'step') this.passing.add(vcpu);
      if (from.reason.kind === 'hypercall' || from.reason.kind === 'step') this.passHypercall = { vcpu, retired: vcpu.retired() };
    }
    const stepping = how.step === undefined ? undefined : this.vcpu(how.step.vm, how.step.vcpu);
    if (stepping !== undefined) {
      stepping.diverted = false;
      this.passing.add(stepping);
      this.passHypercall = { vcpu: stepping, retired: stepping.retired() };
      this.step = { vcpu: stepping, fromRetired: stepping.retired() };
    }
    this.target = how.until === undefined ? undefined : { vcpu: this.vcpu(how.until.vm, how.until.vcpu), retired: how.until.retired };
    for (const vcpu of this.passing) vcpu.state.setU32('resumeFlag', 1);
    this.passing.clear();
  }

  /** Stops where the run is now; nothing that a guest can see changes. */
  pause(kind: 'pause' | 'entry'): void {
    if (this.stop === undefined && this.exit === undefined) this.stopAt(this.lastRun, { kind });
  }

  vcpu(vm: number, vcpu: number): Vcpu {
    const found = this.vms[vm]?.vcpus[vcpu];
    if (found === undefined) throw new RangeError(`there is no vCPU ${vcpu} in VM ${vm}`);
    return found;
  }

  private vmOf(vcpu: Vcpu): Vm {
    return this.vms.find((vm) => vm.vcpus[vcpu.index] === vcpu)!;
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

  get lastVcpu(): Vcpu {
    return this.lastRun;
  }

  private stopAt(vcpu: Vcpu, reason: StopReason): void {
    if (this.stop !== undefined) return;
    for (const vm of this.vms) {
      for (const each of vm.vcpus) {
        if (each.state.u32('resumeFlag') === 0) continue;
        each.state.setU32('resumeFlag', 0);
        this.passing.add(each);
      }
    }
    this.stop = { reason, at: { vm: this.vmOf(vcpu).index, vcpu: vcpu.index }, position: this.positionOf(vcpu) };
    this.step = undefined;
    this.target = undefined;
    if (this.stopPoints.dropTemporary()) this.armStopPoints();
  }

  setStopPoints(points: readonly StopPointSpec[]): void {
    this.stopPoints.set(points);
    this.armStopPoints();
  }

  private armStopPoints(): void {
    for (const vm of this.vms) {
      const { linear, physical } = this.stopPoints.addresses(vm.index);
      vm.engine.setStopPoints(linear, physical);
    }
  }

  get instructions(): number {
    let sum = 0;
    for (const vm of this.vms) for (const vcpu of vm.vcpus) sum += vcpu.retired();
    return sum;
  }

  // --- LoopOwner ---

  get stopping(): boolean {
    return this.stop !== undefined || this.exit !== undefined || this.pauseWanted();
  }

  get watchesBorders(): boolean {
    return this.stopPoints.watchHypercalls;
  }

  allowance(entity: Entity): number {
    const vcpu = this.byEntity[entity.id]!;
    this.lastRun = vcpu;
    let allowed = this.inputs.allowance(vcpu);
    const { maxInstructions } = this.config;
    if (maxInstructions !== undefined) {
      allowed = Math.min(allowed, maxInstructions - this.instructions);
      if (allowed <= 0) this.exit = { reason: 'limit', code: 124, text: `stopped after ${maxInstructions} instructions, as asked` };
    }
    if (this.target?.vcpu === vcpu) {
      allowed = Math.min(allowed, this.target.retired - vcpu.retired());
      if (allowed <= 0) this.stopAt(vcpu, { kind: 'limit', what: `${this.target.retired} instructions of vCPU ${vcpu.index}` });
    }
    return this.step?.vcpu === vcpu ? Math.min(allowed, 1) : allowed;
  }

  beforeBorder(entity: Entity): boolean {
    const vcpu = this.byEntity[entity.id]!;
    if (!this.watchesBorders) return true;
    const vm = this.vmOf(vcpu);
    const call = hypercallAt(vm, vcpu);
    if (call === undefined) return true;
    const pass = this.passHypercall;
    this.passHypercall = undefined;
    if (pass?.vcpu === vcpu && pass.retired === vcpu.retired()) return true;
    const hit = this.stopPoints.atHypercall(vm.index, vcpu.index, call, programContext(vm, vcpu, call));
    this.report(vm, vcpu, hit);
    if (hit.ids.length === 0) return true;
    this.stopAt(vcpu, {
      kind: 'hypercall',
      ids: hit.ids,
      call: { interface: call.interface, nr: call.nr, name: call.name, args: call.args },
    });
    return false;
  }

  private report(vm: Vm, vcpu: Vcpu, hit: StopPointHit): void {
    for (const { id, text } of hit.logs) this.listener.onLog(vm.index, vcpu.index, id, text);
  }

  ran(entity: Entity): void {
    const vcpu = this.byEntity[entity.id]!;
    const vm = this.vmOf(vcpu);
    const request = vm.power.take();
    if (request !== undefined) this.powerRequested(vm, request);
    if (this.step?.vcpu !== vcpu) return;
    const { fromRetired } = this.step;
    if (vcpu.retired() > fromRetired || vcpu.diverted) this.stopAt(vcpu, { kind: 'step', diverted: vcpu.diverted });
  }

  private powerRequested(vm: Vm, request: NonNullable<ReturnType<Vm['power']['take']>>): void {
    switch (request.kind) {
      case 'debug-exit': {
        vm.tracePower('debug-exit', request.value);
        const code = debugExitCode(request.value);
        this.exit = { reason: 'debug-exit', code, text: `the guest ended itself with value ${request.value} (status ${code})` };
        return;
      }
      case 'power-off':
        vm.tracePower('power-off', 0);
        this.exit = { reason: 'power-off', code: 0, text: `the guest switched itself off (${request.source})` };
        return;
      case 'reset':
        vm.tracePower('reset', 0);
        if (vm.config.onReset === 'reboot') this.start(vm, true);
        else this.exit = { reason: 'reset', code: 0, text: `the guest reset itself (${request.source})` };
    }
  }

  haltCostNs(entity: Entity): number {
    const vcpu = this.byEntity[entity.id]!;
    return this.vmOf(vcpu).haltExit(vcpu);
  }

  halt(entity: Entity, atNs: VirtualNs): boolean {
    const vcpu = this.byEntity[entity.id]!;
    return this.vmOf(vcpu).halt(vcpu, atNs);
  }

  returned(entity: Entity, result: Exclude<EngineReturn, { kind: 'budget' | 'border' | 'halted' | 'left' }>): void {
    const vcpu = this.byEntity[entity.id]!;
    const vm = this.vmOf(vcpu);
    switch (result.kind) {
      case 'stop-point': {
        const hit = this.stopPoints.atInstruction(vm.index, vcpu.index, result.linear, result.gpa, programContext(vm, vcpu, undefined));
        this.report(vm, vcpu, hit);
        if (hit.ids.length > 0) this.stopAt(vcpu, { kind: 'breakpoint', ids: hit.ids });
        else vcpu.state.setU32('resumeFlag', 1);
        return;
      }
      case 'shutdown': {
        const chain = result.chain.map(faultInfo);
        this.pendingFault = { vm, chain };
        if (this.stopOn.tripleFault) this.stopAt(vcpu, { kind: 'triple-fault', chain });
        else this.afterTripleFault();
        return;
      }
      case 'unimplemented':
        this.exit = {
          reason: 'unimplemented',
          code: 122,
          text: `unimplemented instruction: ${result.text} at 0x${result.rip.toString(16)}`,
        };
        this.stopForUnimplemented(vcpu, result.text, result.rip);
    }
  }

  /** A debug session looks at it first; the exit follows. */
  private stopForUnimplemented(vcpu: Vcpu, text: string, rip: bigint): void {
    if (!this.stopOn.tripleFault) return;
    this.exit = undefined;
    this.stopAt(vcpu, { kind: 'unimplemented', text, rip });
  }

  private afterTripleFault(): void {
    const fault = this.pendingFault;
    if (fault === undefined) return;
    this.pendingFault = undefined;
    fault.vm.tracePower('triple-fault', 0);
    if (fault.vm.config.onReset === 'reboot') this.start(fault.vm, true);
    else this.exit = { reason: 'triple-fault', code: 126, text: tripleFaultText(fault.chain) };
  }

  get mayWake(): boolean {
    return this.interruptible;
  }

  // --- saved state ---

  /** Everything that a digest covers but RAM. */
  saveWithoutRam(): SavedValue {
    return {
      time: this.time.save(),
      events: this.events.save(),
      scheduler: this.scheduler.save(),
      loop: this.loop.save(),
      vms: this.vms.map((vm) => vm.saveWithoutRam()),
    };
  }

  save(): SavedValue {
    return {
      time: this.time.save(),
      events: this.events.save(),
      scheduler: this.scheduler.save(),
      loop: this.loop.save(),
      slice: this.loop.saveSlice(),
      vms: this.vms.map((vm) => vm.save()),
      trace: this.recorder.save(),
      inputs: this.inputs.save(),
      lastRun: this.lastRun.entity.id,
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as Record<string, SavedValue> & { vms: SavedValue[]; lastRun: number };
    for (const vm of this.vms) vm.restore(from.vms[vm.index]!);
    this.scheduler.restore(from.scheduler!);
    this.time.restore(from.time!);
    this.events.restore(from.events!);
    this.loop.restore(from.loop!);
    this.loop.restoreSlice(from.slice!);
    this.recorder.restore(from.trace!);
    this.inputs.restore(from.inputs!);
    this.lastRun = this.byEntity[from.lastRun]!;
    this.exit = undefined;
    this.stop = undefined;
    this.step = undefined;
    this.target = undefined;
    this.pendingFault = undefined;
    this.haltedReported = false;
    this.passHypercall = undefined;
    this.passing.clear();
  }
}
