// What a run comes to: stops, steps, pauses, power requests, ends. The run loop asks before and tells after everything it runs; nothing here is part of a guest's state.
import type { VirtualNs } from '../devices/ports';
import type { EngineReturn } from '../engine/cpu-engine';
import { ResumeFlag } from '../x86/layout';
import { interruptsEndWait } from '../x86/system/monitor';
import type { ExitInfo, FaultInfo, StopInfo, StopOn, StopReason, VcpuRef } from './control/types';
import { EventStops } from './event-stops';
import { faultInfo, tripleFaultText } from './fault-text';
import type { Journey } from './history/journey';
import type { Host } from './host';
import { hypercallAt } from './hypercall-at';
import { powerRequested } from './power-requested';
import { programContext } from './program-context';
import { runEnd, unimplementedEnd } from './run-end';
import type { Entity } from './sched/entity';
import type { LoopOwner } from './sched/run-loop';
import type { StopPointHit } from './stop-points';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

export type SliceResult = 'again' | 'stopped' | 'exited' | 'idle-for-ever' | { idleUntilNs: VirtualNs };

/** A place to stop at: this vCPU has retired so many instructions. */
export interface Target {
  vm: number;
  vcpu: number;
  retired: number;
}

export class RunControl implements LoopOwner {
  stop: StopInfo | undefined;
  exit: ExitInfo | undefined;
  /** `exit`: a run that ends stands there first. */
  stopOn: StopOn = { tripleFault: true, haltedForever: true };
  private exitShown = false;
  /** Terminal input may still come: a guest that sleeps and takes the serial port's interrupt is not halted for ever. */
  inputOpen = true;
  /** Asked for by another thread or the driver: leave at the next boundary. */
  pauseWanted: () => boolean = () => false;
  private step: { vcpu: Vcpu; fromRetired: number } | undefined;
  private target: { vcpu: Vcpu; retired: number } | undefined;
  /** A triple fault was reported, and its reset is still to come. */
  private pendingFault: { vm: Vm; chain: FaultInfo[] } | undefined;
  private haltedReported = false;
  readonly events: EventStops;
  /** The hypercall (MSR or port access) at which we stopped is let through once. */
  private readonly passBorder = new Map<Vcpu, number>();
  private lastRun: Vcpu | undefined;
  /** The run is gone through again on the way to another moment of it: it stops there only. */
  journey: Journey | undefined;
  /** vCPUs whose next instruction passes the stop points at it. Not in their state while we stand: stops are no part of it. */
  private passing = new Map<Vcpu, number>();

  constructor(private readonly host: Host) {
    this.events = new EventStops(host, (vm, vcpu, hit) => this.report(vm, vcpu, hit));
  }

  /** Runs a little: about `budgetNs` of virtual time summed over pCPUs. While all are idle, time goes on up to `horizonNs`. */
  runSlice(budgetNs: number, horizonNs: VirtualNs): SliceResult {
    if (this.exit === undefined && this.pendingFault !== undefined) this.afterTripleFault();
    if (this.exit !== undefined) return this.ended(this.exit);
    const result = this.host.loop.advance(budgetNs, horizonNs);
    if (this.exit !== undefined) {
      this.takePassing();
      return this.ended(this.exit);
    }
    if (this.stop !== undefined) return this.standing();
    if (result.kind !== 'idle') return 'again';
    if (result.untilNs !== undefined) return { idleUntilNs: result.untilNs };
    return this.idleForEver();
  }

  /** One slice of a journey, which has arrived when it says so. */
  travelSlice(budgetNs: number, horizonNs: VirtualNs): 'again' | 'idle' | 'exited' {
    if (this.exit === undefined && this.pendingFault !== undefined) this.afterTripleFault();
    if (this.exit !== undefined) return 'exited';
    const result = this.host.loop.advance(budgetNs, horizonNs);
    return this.exit !== undefined ? 'exited' : result.kind === 'idle' ? 'idle' : 'again';
  }

  /** Leaves this moment for another. Gives the stop that was here. */
  depart(): StopInfo | undefined {
    const { stop } = this;
    this.stop = undefined;
    this.events.forget();
    this.passing.clear();
    return stop;
  }

  /** Stands where a journey has brought it. */
  arrive(at: VcpuRef | undefined, reason: StopReason): void {
    this.journey = undefined;
    this.host.loop.settle();
    const { next } = this.host.loop;
    const vcpu = at !== undefined ? this.host.vcpu(at.vm, at.vcpu) : next === undefined ? this.lastVcpu : this.host.ofEntity(next);
    this.stopAt(vcpu, reason);
  }

  private idleForEver(): SliceResult {
    // Nothing can end while a VM is held that may go on.
    if (this.host.vms.some((vm) => vm.held.isHeld && vm.ended === undefined)) return 'idle-for-ever';
    if (this.inputOpen && this.interruptible && this.host.vms.some((vm) => vm.input.isListenedTo)) return 'idle-for-ever';
    const held = this.host.vms.some((vm) => vm.vcpus.some(({ entity }) => entity.hold === 'held'));
    // A run is not over while somebody can let a vCPU go.
    if (held || (this.stopOn.haltedForever && !this.haltedReported)) {
      this.haltedReported ||= !held;
      this.stopAt(this.lastVcpu, { kind: 'halted-forever', ...(held && { held }) });
      return this.standing();
    }
    for (const vm of this.host.vms) if (vm.ended === undefined) vm.trace.power('halted-forever', 0);
    this.exit = runEnd(this.host, { reason: 'halted-forever', code: 0, text: 'every vCPU is halted and nothing can wake one' });
    return this.ended(this.exit);
  }

  private ended({ text, reason }: ExitInfo): SliceResult {
    if (!this.stopOn.exit || this.exitShown) return 'exited';
    this.exitShown = true;
    this.stopAt(this.lastVcpu, { kind: 'exit', text: text || reason });
    return this.standing();
  }

  private standing(): SliceResult {
    this.host.loop.settle();
    return 'stopped';
  }

  /** A vCPU sleeps that takes interrupts. */
  private get interruptible(): boolean {
    return this.host.vms.some((vm) =>
      vm.vcpus.some(({ entity, state }) => entity.account.state === 'blocked' && entity.hold === 'none' && interruptsEndWait(state)),
    );
  }

  /** Goes on from a stop: what stood at a stop point passes it once. */
  goOn(how: { step?: { vm: number; vcpu: number }; until?: Target } = {}): void {
    const from = this.stop;
    this.stop = undefined;
    this.events.forget();
    if (from !== undefined) {
      const vcpu = this.host.vcpu(from.at.vm, from.at.vcpu);
      if (['breakpoint', 'step', 'travel'].includes(from.reason.kind)) this.passing.set(vcpu, ResumeFlag.passes);
      if (['hypercall', 'event', 'step', 'travel'].includes(from.reason.kind)) this.passBorder.set(vcpu, vcpu.retired());
    }
    const stepping = how.step === undefined ? undefined : this.host.vcpu(how.step.vm, how.step.vcpu);
    if (stepping !== undefined) {
      stepping.diverted = false;
      this.passing.set(stepping, ResumeFlag.passes);
      this.passBorder.set(stepping, stepping.retired());
      this.step = { vcpu: stepping, fromRetired: stepping.retired() };
    }
    this.target = how.until === undefined ? undefined : { vcpu: this.host.vcpu(how.until.vm, how.until.vcpu), retired: how.until.retired };
    for (const [vcpu, flag] of this.passing) vcpu.state.setU32('resumeFlag', flag);
    this.passing.clear();
  }

  /** Stops where the run is now; nothing that a guest can see changes. */
  pause(kind: 'pause' | 'entry'): void {
    if (this.stop !== undefined || this.exit !== undefined) return;
    this.host.loop.settle();
    const next = this.host.loop.next;
    this.stopAt(next === undefined ? this.lastVcpu : this.host.ofEntity(next), { kind });
  }

  /** The vCPU that ran last: where an idle host's pause is reported. */
  get lastVcpu(): Vcpu {
    return this.lastRun ?? this.host.vcpu(0, 0);
  }

  /** False: nothing stops, somebody only wants to know. */
  private stopAt(vcpu: Vcpu, reason: StopReason): boolean {
    if (this.journey !== undefined) {
      this.journey.met(vcpu, reason);
      return false;
    }
    if (this.stop !== undefined) return true;
    this.takePassing();
    this.stop = { reason, at: { vm: this.host.vmOf(vcpu).index, vcpu: vcpu.index }, position: this.host.positionOf(vcpu) };
    this.step = undefined;
    this.target = undefined;
    if (this.host.stopPoints.dropTemporary()) this.host.armStopPoints();
    return true;
  }

  /** Standing, no vCPU carries the mark of having been stopped. */
  private takePassing(): void {
    for (const vm of this.host.vms) {
      for (const vcpu of vm.vcpus) {
        const flag = vcpu.state.u32('resumeFlag');
        if (flag === ResumeFlag.none) continue;
        vcpu.state.setU32('resumeFlag', ResumeFlag.none);
        this.passing.set(vcpu, flag);
      }
    }
  }

  // --- LoopOwner ---

  get stopping(): boolean {
    this.stopForEvents();
    return this.stop !== undefined || this.exit !== undefined || this.journey?.arrived === true || this.pauseWanted();
  }

  get watchesBorders(): boolean {
    const { stopPoints } = this.host;
    return stopPoints.watches('hypercall') || stopPoints.watches('msr') || stopPoints.watches('port');
  }

  untilLookNs(entity: Entity, nowNs: VirtualNs): number {
    return this.journey === undefined ? this.host.sampler.allowance(this.host.ofEntity(entity), nowNs) : Number.POSITIVE_INFINITY;
  }

  allowance(entity: Entity): number {
    const vcpu = this.host.ofEntity(entity);
    this.lastRun = vcpu;
    let allowed = this.mayRun(vcpu);
    if (allowed <= 0) return 0;
    const { maxInstructions } = this.host.config;
    if (maxInstructions !== undefined) {
      allowed = Math.min(allowed, maxInstructions - this.host.instructions);
      if (allowed <= 0) this.exit = { reason: 'limit', code: 124, text: `stopped after ${maxInstructions} instructions, as asked` };
    }
    if (this.target?.vcpu === vcpu) {
      allowed = Math.min(allowed, this.target.retired - vcpu.retired());
      if (allowed <= 0) this.stopAt(vcpu, { kind: 'limit', what: `${this.target.retired} instructions of vCPU ${vcpu.index}` });
    }
    return this.step?.vcpu === vcpu ? Math.min(allowed, 1) : allowed;
  }

  /** Up to the next edit, or to where a journey goes. */
  private mayRun(vcpu: Vcpu): number {
    for (;;) {
      const most = this.journey?.allowance(vcpu) ?? Number.POSITIVE_INFINITY;
      const untilEdit = most <= 0 ? 0 : this.host.inputs.allowance(vcpu);
      if (most <= 0 || untilEdit > 0) return Math.min(most, untilEdit);
      this.host.inputs.makeNext();
      // The edit may have been that it runs no longer.
      if (vcpu.entity.account.state !== 'running') return 0;
    }
  }

  beforeBorder(entity: Entity): boolean {
    const vcpu = this.host.ofEntity(entity);
    if (!this.watchesBorders) return true;
    const vm = this.host.vmOf(vcpu);
    const pass = this.passBorder.get(vcpu);
    this.passBorder.delete(vcpu);
    if (pass === vcpu.retired()) return true;
    const access = this.events.atBorder(vm, vcpu);
    if (access !== undefined) return !this.stopAt(vcpu, access);
    const call = this.host.stopPoints.watches('hypercall') ? hypercallAt(vm, vcpu) : undefined;
    if (call === undefined) return true;
    const hit = this.host.stopPoints.atHypercall(vm.index, vcpu.index, call, programContext(vm, vcpu, call));
    this.report(vm, vcpu, hit);
    if (hit.ids.length === 0) return true;
    return !this.stopAt(vcpu, {
      kind: 'hypercall',
      ids: hit.ids,
      call: { interface: call.interface, nr: call.nr, name: call.name, args: call.args },
    });
  }

  private report(vm: Vm, vcpu: Vcpu, hit: StopPointHit): void {
    if (this.journey !== undefined) return;
    for (const { id, text } of hit.logs) this.host.listener.onLog(vm.index, vcpu.index, id, text);
  }

  ran(entity: Entity, nowNs: VirtualNs): void {
    const vcpu = this.host.ofEntity(entity);
    const vm = this.host.vmOf(vcpu);
    if (this.journey === undefined) this.host.sampler.ran(vcpu, nowNs);
    const request = vm.power.take();
    const end = request === undefined ? undefined : powerRequested(this.host, vm, request);
    if (end !== undefined) this.endVm(vm, end);
    this.stopForEvents();
    if (this.step?.vcpu !== vcpu) return;
    const { fromRetired } = this.step;
    if (vcpu.retired() > fromRetired || vcpu.diverted) this.stopAt(vcpu, { kind: 'step', diverted: vcpu.diverted });
  }

  private stopForEvents(): void {
    if (this.stop !== undefined || this.exit !== undefined) return;
    const wanted = this.events.take(this.lastVcpu);
    if (wanted !== undefined) this.stopAt(wanted.vcpu, wanted.reason);
  }

  haltCostNs(entity: Entity): number {
    const vcpu = this.host.ofEntity(entity);
    return this.host.vmOf(vcpu).waits.exit(vcpu);
  }

  halt(entity: Entity, atNs: VirtualNs): boolean {
    const vcpu = this.host.ofEntity(entity);
    return this.host.vmOf(vcpu).waits.sleep(vcpu, atNs);
  }

  returned(entity: Entity, result: Exclude<EngineReturn, { kind: 'budget' | 'border' | 'halted' | 'left' | 'held' }>): void {
    const vcpu = this.host.ofEntity(entity);
    const vm = this.host.vmOf(vcpu);
    switch (result.kind) {
      case 'stop-point': {
        const hit = this.host.stopPoints.atInstruction(vm.index, vcpu.index, result, programContext(vm, vcpu, undefined));
        this.report(vm, vcpu, hit);
        const stops = hit.ids.length > 0 && this.stopAt(vcpu, { kind: 'breakpoint', ids: hit.ids });
        if (!stops) vcpu.state.setU32('resumeFlag', ResumeFlag.passes);
        return;
      }
      case 'shutdown': {
        const chain = result.chain.map(faultInfo);
        this.pendingFault = { vm, chain };
        const stops = this.stopOn.tripleFault && this.stopAt(vcpu, { kind: 'triple-fault', chain });
        if (!stops) this.afterTripleFault();
        return;
      }
      case 'unimplemented':
        // A debug session looks at it first; the end follows.
        if (this.stopOn.tripleFault) this.stopAt(vcpu, { kind: 'unimplemented', text: result.text, rip: result.rip });
        else this.endVm(vm, unimplementedEnd(result));
    }
  }

  /** The run ends with its last VM. */
  endVm(vm: Vm, end: ExitInfo): void {
    const { host } = this;
    if (host.vms.every((other) => other === vm || other.ended !== undefined)) {
      this.exit = runEnd(host, end, vm);
      return;
    }
    host.switchOff(vm, end);
    if (this.journey === undefined) host.listener.onVmEnded(vm.index, end);
  }

  private afterTripleFault(): void {
    const fault = this.pendingFault;
    if (fault === undefined) return;
    this.pendingFault = undefined;
    fault.vm.trace.power('triple-fault', 0);
    if (fault.vm.config.onReset === 'reboot') this.host.start(fault.vm, true);
    else this.endVm(fault.vm, { reason: 'triple-fault', code: 126, text: tripleFaultText(fault.chain) });
  }

  idling(): void {
    while (this.host.inputs.isDueAtIdle) {
      if (this.journey?.idle()) return;
      this.host.inputs.makeNext();
    }
    this.journey?.idle();
  }

  get mayWake(): boolean {
    return this.interruptible;
  }

  /** A snapshot was read: it stands nowhere yet. */
  restored(lastRun: Vcpu): void {
    this.host.sampler.moved();
    this.lastRun = lastRun;
    this.exit = undefined;
    this.stop = undefined;
    this.step = undefined;
    this.target = undefined;
    this.pendingFault = undefined;
    this.haltedReported = false;
    this.exitShown = false;
    this.passBorder.clear();
    this.events.forget();
    this.passing.clear();
  }
}
