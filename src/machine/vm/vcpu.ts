// One vCPU: its number in the engine, its entity in the scheduler, and the signals that reach it.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, CpuSignals, Timers, VirtualNs } from '../../devices/ports';
import type { CpuEngine, EngineReturn } from '../../engine/cpu-engine';
import type { WAKE_REASONS } from '../../trace/rows';
import { Activity, NumericErrorPin } from '../../x86/layout';
import { endWait } from '../../x86/system/monitor';
import type { VcpuState } from '../../x86/vcpu-state';
import type { Entity } from '../sched/entity';
import type { Runner } from '../sched/runner';
import type { Scheduler } from '../sched/scheduler';
import type { VirtualTime } from '../time/virtual-time';
import { type Signal, SignalQueue } from './signal-queue';

export type WakeReason = (typeof WAKE_REASONS)[number];

/** What a vCPU needs of the host around it. */
export interface VcpuSurroundings {
  readonly scheduler: Scheduler;
  readonly time: VirtualTime;
  /** What its VM's own clocks show. */
  readonly clock: Clock;
  readonly timers: Timers;
  /** Events due by now happen before what the exit at hand does. */
  runDueEvents(nowNs: VirtualNs): void;
  onWoken(vcpu: Vcpu, reason: WakeReason, atNs: VirtualNs): void;
  /** INIT has come. */
  onInit(vcpu: Vcpu): void;
  onStartup(vcpu: Vcpu, vector: number): void;
}

export class Vcpu implements Runner, CpuSignals, Stateful {
  private readonly signals: SignalQueue;
  /** Level of INTR as the local APIC says. */
  private level = false;
  private lapicLevel = false;
  private callbackLevel = false;
  /** It was asleep or waited: an interrupt that it takes first comes with its entry, and costs no exit of its own. */
  private entered = false;
  /** An interrupt or exception was delivered since this was cleared (for single steps). */
  diverted = false;
  /** On its own clock, the sampler's next point is then or later: between, nothing is asked, as slices are short where several pCPUs run. Until it has been asked, it is not known. */
  sampleDueNs = Number.NEGATIVE_INFINITY;
  /** The sampler's next point, on its own count. */
  sampleNext: number | undefined;
  engine!: CpuEngine;

  constructor(
    readonly index: number,
    readonly entity: Entity,
    private readonly around: VcpuSurroundings,
  ) {
    entity.runner = this;
    this.signals = new SignalQueue(`vcpu${index}.signals`, around.timers, (signal, atNs) => this.take(signal, atNs));
  }

  get state(): VcpuState {
    return this.engine.state(this.index);
  }
  get activity(): number {
    return this.state.u32('activity');
  }

  run(budgetNs: number, lookNs: number): EngineReturn {
    return this.engine.run(this.index, budgetNs, lookNs);
  }
  runThrough(budgetNs: number, wantedNs: number, mostTrips: number, lookNs: number): EngineReturn {
    return this.engine.runThrough(this.index, budgetNs, wantedNs, mostTrips, lookNs);
  }
  runBorder(): EngineReturn {
    return this.engine.runBorder(this.index);
  }
  consumedNs(): number {
    return this.engine.consumedNs();
  }
  servedNs(): number {
    return this.engine.servedNs();
  }
  trips(): number {
    return this.engine.trips();
  }
  requestLeave(): void {
    this.engine.requestLeave();
  }
  retired(): number {
    return this.engine.retired(this.index);
  }

  /** On its own pCPU's clock, or since when it has been off it. */
  localNs(): VirtualNs {
    const { account, pcpu } = this.entity;
    return account.state === 'running' ? this.around.scheduler.pcpus[pcpu]!.localNs() : account.sinceNs;
  }

  nowNs(): VirtualNs {
    return this.around.time.nowNs();
  }
  guestNowNs(): VirtualNs {
    return this.around.clock.nowNs();
  }
  /** The instruction at hand, or the next one. */
  rip(): bigint {
    return this.engine.instructionRip(this.index);
  }
  /** An exit's cost: running time, spent by the hypervisor. */
  charge(ns: number): void {
    this.engine.charge(ns);
    this.entity.account.hypervisorNs += ns;
    this.around.runDueEvents(this.around.time.nowNs());
  }

  // --- CpuSignals: from the local APIC ---

  interruptPending(pending: boolean): void {
    this.lapicLevel = pending;
    this.levelChanged();
  }
  /** A hypervisor's request that comes by no local APIC. */
  callbackPending(pending: boolean): void {
    if (this.callbackLevel === pending) return;
    this.callbackLevel = pending;
    this.levelChanged();
  }
  private levelChanged(): void {
    this.level = this.lapicLevel || this.callbackLevel;
    this.send({ kind: 'interrupt' });
  }
  nmi(): void {
    this.send({ kind: 'nmi' });
  }
  /** No SMM: an SMI has nowhere to go, as on a machine whose firmware ignores it. */
  smi(): void {}
  init(): void {
    this.send({ kind: 'init' });
  }
  startup(vector: number): void {
    this.send({ kind: 'startup', vector });
  }

  /** Only a processor that asserts FERR# is given IGNNE# (82371SB data sheet, "Coprocessor error register"). */
  ignoreNumericError(): void {
    const { state } = this;
    if (state.u32('numericError') & NumericErrorPin.ferr) state.setU32('numericError', NumericErrorPin.ferr | NumericErrorPin.ignne);
  }

  private send(signal: Signal): void {
    const sentNs = this.around.time.nowNs();
    const { account, pcpu } = this.entity;
    const on = this.around.scheduler.pcpus[pcpu]!;
    const behind = account.state === 'running' && on.executing !== this && on.localNs() < sentNs;
    if (behind || !this.signals.isEmpty) this.signals.defer(signal, sentNs);
    else this.take(signal, sentNs);
  }

  private take(signal: Signal, atNs: VirtualNs): void {
    const { engine, index } = this;
    switch (signal.kind) {
      case 'interrupt':
        engine.setInterruptPending(index, this.level);
        if (this.level) this.wakeIfReady('interrupt', atNs);
        break;
      case 'nmi':
        engine.raiseNmi(index);
        this.wakeIfReady('nmi', atNs);
        break;
      case 'init':
        engine.init(index);
        this.around.onInit(this);
        if (this.activity === Activity.waitForSipi) this.around.scheduler.park(this.entity, 'offline', atNs);
        else this.wake('init', atNs);
        break;
      case 'startup':
        if (this.activity !== Activity.waitForSipi) break;
        engine.startup(index, signal.vector);
        this.around.onStartup(this, signal.vector);
        this.wake('sipi', atNs);
        break;
    }
  }

  /** The interrupt at hand is the first thing since the vCPU got a pCPU. */
  takeEntry(): boolean {
    const { entered } = this;
    this.entered = false;
    return entered && this.retired() === this.enteredAt;
  }
  private enteredAt = 0;
  switchedIn(): void {
    this.entered = true;
    this.enteredAt = this.retired();
  }

  private wakeIfReady(reason: WakeReason, atNs: VirtualNs): void {
    if (this.entity.account.state === 'blocked' && this.engine.wakeable(this.index)) this.wake(reason, atNs);
  }

  /** Its VM was held and goes on: what came meanwhile wakes it now. */
  letGo(atNs: VirtualNs): void {
    this.around.scheduler.holds.releaseVm(this.entity, atNs);
    this.wakeIfReady('interrupt', atNs);
  }

  wake(reason: WakeReason, atNs: VirtualNs): void {
    const { state } = this.entity.account;
    if (state !== 'blocked' && state !== 'offline') return;
    this.around.scheduler.wake(this.entity, atNs);
    this.around.onWoken(this, reason, atNs);
  }

  /** HLT left without an interrupt. */
  leaveHalt(): void {
    endWait(this.state);
  }

  /** The line that MWAIT waits for was written, by what runs now. */
  monitorWritten(): void {
    this.wakeIfReady('store', this.around.time.nowNs());
  }

  resetSignals(): void {
    this.signals.clear();
    this.level = false;
    this.lapicLevel = false;
    this.callbackLevel = false;
  }

  save(): SavedValue {
    return {
      cpu: this.engine.saveVcpu(this.index),
      signals: this.signals.save(),
      level: this.level,
      lapicLevel: this.lapicLevel,
      callbackLevel: this.callbackLevel,
      entered: this.entered,
      enteredAt: this.enteredAt,
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as {
      cpu: SavedValue;
      signals: SavedValue;
      level: boolean;
      lapicLevel: boolean;
      callbackLevel: boolean;
      entered: boolean;
      enteredAt: number;
    };
    this.engine.restoreVcpu(this.index, from.cpu);
    this.signals.restore(from.signals);
    this.level = from.level;
    this.lapicLevel = from.lapicLevel;
    this.callbackLevel = from.callbackLevel;
    this.entered = from.entered;
    this.enteredAt = from.enteredAt;
  }
}
