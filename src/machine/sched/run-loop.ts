// Runs vCPUs in virtual time. The pCPU with the least local clock runs next, ties by id, up to the next event, the end of a turn or of the interleaving quantum.
//
// Border instructions (whatever the host or time has to do with) run only when no pCPU is behind, so that all of them together happen in order of virtual time.
// A slice is state: however often a run is paused and whatever budgets it is given, the same slice goes on, so that stops change nothing.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';
import type { EngineReturn } from '../../engine/cpu-engine';
import type { EventQueue } from '../time/event-queue';
import type { HostInstant } from '../time/virtual-time';
import type { Entity } from './entity';
import type { Pcpu } from './pcpu';
import type { Runner } from './runner';
import type { Scheduler } from './scheduler';

/** How far a pCPU may run ahead of another at most (one instruction or exit more). */
export const INTERLEAVE_NS = 10_000;

/** A call of an engine runs no longer. */
const LONGEST_NS = 1_000_000_000;

/** `isOver` is asked after so many pieces of a call, of which those are short that do not ask themselves. */
const ASK_PIECES = 8;

/** What the loop leaves to the machine. */
export interface LoopOwner {
  /** A stop, an exit or a pause is wanted: nothing more runs. */
  readonly stopping: boolean;
  /** Instructions this vCPU may retire before the next wanted position; at 0 a stop has been asked for. */
  allowance(entity: Entity): number;
  /** Virtual ns until somebody looks at the vCPU, which does not end what runs. `nowNs`: its pCPU's clock, as in `ran`. */
  untilLookNs(entity: Entity, nowNs: VirtualNs): number;
  /** True: every border instruction is looked at before it runs, so none runs in place. The run is the same. */
  readonly watchesBorders: boolean;
  /** Before a border instruction runs: false if a stop has been asked for. */
  beforeBorder(entity: Entity): boolean;
  /** After every call of an engine: power requests, steps. */
  ran(entity: Entity, nowNs: VirtualNs): void;
  /** HLT has retired: what its exit costs. */
  haltCostNs(entity: Entity): number;
  /** The pCPU stands at the end of HLT's exit and nothing is behind. True: the vCPU sleeps. */
  halt(entity: Entity, atNs: VirtualNs): boolean;
  /** Everything else an engine returns; `resumed` stop points go on. */
  returned(entity: Entity, result: Exclude<EngineReturn, { kind: 'budget' | 'border' | 'halted' | 'left' | 'held' }>): void;
  /** Nothing is to run, and everything due by now has happened. */
  idling(): void;
  /** No vCPU runs: can anything that is queued or an input ever wake one? */
  readonly mayWake: boolean;
}

interface Slice {
  pcpu: Pcpu;
  entity: Entity;
  endNs: VirtualNs;
  kind: 'border' | 'through' | 'ahead';
}

export type LoopResult = { kind: 'again' } | { kind: 'stopped' } | { kind: 'idle'; untilNs: VirtualNs | undefined };
const AGAIN: LoopResult = { kind: 'again' };
const STOPPED: LoopResult = { kind: 'stopped' };

export class RunLoop implements Stateful {
  private slice: Slice | undefined;
  /** Latest instant that anything has reached. */
  reachedNs: VirtualNs = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly events: EventQueue,
    private readonly instant: HostInstant,
    private readonly owner: LoopOwner,
  ) {
    events.onArmed = (deadlineNs) => this.cut(this.slice?.pcpu, deadlineNs);
    scheduler.onCut = (pcpu, atNs) => (pcpu === undefined ? this.cut(this.slice?.pcpu, 0) : this.cut(pcpu, atNs));
  }

  /** The slice on `pcpu` ends at `atNs`, or after the instruction that runs now. */
  private cut(pcpu: Pcpu | undefined, atNs: VirtualNs): void {
    const { slice } = this;
    if (slice === undefined || slice.pcpu !== pcpu || atNs >= slice.endNs) return;
    slice.endNs = Math.max(atNs, pcpu.localNs());
    pcpu.executing?.requestLeave();
  }

  /** `advance` ends after so many trips to TypeScript, too: for who must get a word in. A guest of dear instructions takes the host some 200 times longer. */
  mostTrips = Number.POSITIVE_INFINITY;
  private tripsLeft = 0;
  /** Soon after it is true, `advance` ends; it is asked now and then. */
  isOver: () => boolean = () => false;

  /** Runs about `budgetNs` of virtual time (summed over pCPUs; exits that an engine serves itself are not counted: they are instructions like others). While nothing runs, time goes on up to `horizonNs`. */
  advance(budgetNs: number, horizonNs: VirtualNs): LoopResult {
    let leftNs = budgetNs;
    this.tripsLeft = this.mostTrips;
    for (let pieces = 1; leftNs > 0 && this.tripsLeft > 0; pieces++) {
      if (pieces % ASK_PIECES === 0 && this.isOver()) break;
      if (this.owner.stopping) return STOPPED;
      if (this.slice !== undefined && this.next !== undefined) {
        leftNs -= this.runSlice(this.slice, leftNs);
        continue;
      }
      // A reset or a power request may have taken the vCPU off its pCPU.
      this.slice = undefined;
      const idle = this.decide(horizonNs);
      if (idle !== undefined) return idle;
      // An event or a decision costs the driver time as well.
      leftNs -= 100;
    }
    return this.owner.stopping ? STOPPED : AGAIN;
  }

  /**
   * Events and decisions up to the next call of an engine, or to idleness: where a stopped run stands is then one of the points that every run of it comes to,
   * and an edit can be repeated there.
   */
  settle(): void {
    this.settling = true;
    while (this.next === undefined && this.decide(this.reachedNs) === undefined);
    this.settling = false;
  }
  /** What a replay has still to do belongs to the run, not to where it stands. */
  private settling = false;

  /** What runs next, as far as decided. */
  get next(): Entity | undefined {
    return this.slice !== undefined && this.slice.pcpu.current === this.slice.entity ? this.slice.entity : undefined;
  }

  /** It stands at a border instruction, and knows it: all who were behind have come up. */
  get isAtBorder(): boolean {
    return this.next !== undefined && this.slice?.kind === 'border';
  }

  /** The least pCPU that has something to do on its own clock. */
  private least(): Pcpu | undefined {
    let least: Pcpu | undefined;
    for (const pcpu of this.scheduler.pcpus) {
      if (!pcpu.runsVcpu && !pcpu.needsReschedule) continue;
      if (least === undefined || pcpu.clockNs < least.clockNs) least = pcpu;
    }
    return least;
  }

  /** One step towards a slice: an event, a scheduling decision, a halt; or the slice. */
  private decide(horizonNs: VirtualNs): LoopResult | undefined {
    const pcpu = this.least();
    const nextNs = this.events.nextDeadlineNs;
    if (pcpu === undefined) return this.idle(horizonNs);
    if (nextNs !== undefined && nextNs <= pcpu.clockNs) {
      this.expire();
    } else if (pcpu.pending === 'halted') {
      // Before its turn can end: a vCPU that sleeps waits for no pCPU.
      pcpu.pending = 'none';
      if (this.owner.halt(pcpu.current!, pcpu.clockNs)) this.scheduler.block(pcpu, 'blocked');
    } else if (pcpu.needsReschedule || pcpu.clockNs >= pcpu.endOfTurnNs) {
      this.scheduler.reschedule(pcpu);
    } else {
      this.slice = this.plan(pcpu, nextNs);
    }
    return undefined;
  }

  private idle(horizonNs: VirtualNs): LoopResult | undefined {
    const nextNs = this.events.nextDeadlineNs;
    if (!this.settling && (nextNs === undefined || nextNs > this.reachedNs)) this.owner.idling();
    // The user has let a vCPU go.
    if (this.least() !== undefined) return undefined;
    if (!this.scheduler.vcpuWaits) {
      const untilNs = this.owner.mayWake || this.scheduler.holdsBack ? this.events.nextGuestDeadlineNs : undefined;
      if (untilNs === undefined || nextNs === undefined || nextNs > horizonNs) return { kind: 'idle', untilNs };
    }
    this.expire();
    return undefined;
  }

  private expire(): void {
    const event = this.events.pop();
    if (event === undefined) return;
    this.reachedNs = Math.max(this.reachedNs, event.deadlineNs);
    this.instant.duringEvent(event.deadlineNs, event.run);
  }

  /** Events due by now run before the effects of the exit that is being handled; not while this pCPU runs ahead. */
  runDueEvents(nowNs: VirtualNs): void {
    if (this.slice === undefined || this.slice.kind === 'ahead') return;
    for (let nextNs = this.events.nextDeadlineNs; nextNs !== undefined && nextNs <= nowNs; nextNs = this.events.nextDeadlineNs)
      this.expire();
  }

  private plan(pcpu: Pcpu, nextNs: VirtualNs | undefined): Slice {
    const entity = pcpu.current;
    assert(entity?.runner !== undefined, `a slice for no vCPU on pCPU ${pcpu.id}`);
    if (pcpu.pending === 'border') return { pcpu, entity, endNs: pcpu.clockNs + 1, kind: 'border' };
    let othersNs = Number.POSITIVE_INFINITY;
    for (const other of this.scheduler.pcpus) {
      if (other !== pcpu && (other.runsVcpu || other.needsReschedule)) othersNs = Math.min(othersNs, other.clockNs);
    }
    const endNs = Math.min(nextNs ?? Number.POSITIVE_INFINITY, pcpu.endOfTurnNs);
    // Nobody can be behind up to where the next one stands: border instructions run in place.
    if (othersNs > pcpu.clockNs) return { pcpu, entity, endNs: Math.min(endNs, othersNs), kind: 'through' };
    const quantumNs = (Math.floor(pcpu.clockNs / INTERLEAVE_NS) + 1) * INTERLEAVE_NS;
    return { pcpu, entity, endNs: Math.min(endNs, quantumNs), kind: 'ahead' };
  }

  private runSlice(slice: Slice, leftNs: number): number {
    const { pcpu, entity } = slice;
    const { runner } = entity;
    assert(runner !== undefined, `a slice for ${entity.name}`);
    const allowance = this.owner.allowance(entity);
    if (allowance <= 0) return 0;
    if (slice.kind === 'border' && !this.owner.beforeBorder(entity)) return 0;
    const result = this.call(pcpu, runner, slice, Math.min(slice.endNs - pcpu.clockNs, allowance, LONGEST_NS), leftNs);
    const ranNs = runner.consumedNs();
    this.tripsLeft -= runner.trips();
    pcpu.clockNs += ranNs;
    this.reachedNs = Math.max(this.reachedNs, pcpu.clockNs);
    this.after(slice, entity, result);
    this.owner.ran(entity, pcpu.clockNs);
    return Math.max(ranNs - runner.servedNs(), 1);
  }

  private call(pcpu: Pcpu, runner: Runner, slice: Slice, mostNs: number, wantedNs: number): EngineReturn {
    const budgetNs = Math.min(mostNs, wantedNs);
    const lookNs = this.owner.untilLookNs(slice.entity, pcpu.clockNs);
    pcpu.executing = runner;
    this.instant.enter(pcpu);
    try {
      if (slice.kind === 'border') return runner.runBorder();
      return slice.kind === 'through' && !this.owner.watchesBorders
        ? runner.runThrough(mostNs, budgetNs, this.tripsLeft, lookNs)
        : runner.run(budgetNs, lookNs);
    } finally {
      this.instant.enter(undefined);
      pcpu.executing = undefined;
    }
  }

  private after(slice: Slice, entity: Entity, result: EngineReturn): void {
    // The same slice delivers it, before anything else happens.
    if (result.kind === 'held') return;
    const { pcpu } = slice;
    if (slice.kind === 'border') pcpu.pending = 'none';
    if (slice.kind === 'border' || pcpu.clockNs >= slice.endNs || pcpu.current !== entity) this.slice = undefined;
    switch (result.kind) {
      case 'budget':
      case 'left':
        return;
      case 'border':
        pcpu.pending = 'border';
        this.slice = undefined;
        return;
      case 'halted':
        if (pcpu.current !== entity) return;
        pcpu.clockNs += this.owner.haltCostNs(entity);
        this.reachedNs = Math.max(this.reachedNs, pcpu.clockNs);
        pcpu.pending = 'halted';
        this.slice = undefined;
        return;
      default:
        this.owner.returned(entity, result);
    }
  }

  /** The slice is not part of a digest: it is where a run goes on, not what a guest can see. */
  saveSlice(): SavedValue {
    const { slice } = this;
    if (slice === undefined || this.next === undefined) return null;
    return { pcpu: slice.pcpu.id, endNs: Number.isFinite(slice.endNs) ? slice.endNs : null, kind: slice.kind };
  }

  restoreSlice(saved: SavedValue): void {
    const from = saved as { pcpu: number; endNs: number | null; kind: Slice['kind'] } | null;
    this.slice = undefined;
    if (from === null) return;
    const pcpu = this.scheduler.pcpus[from.pcpu]!;
    assert(pcpu.current !== undefined, 'a saved slice runs nothing');
    this.slice = { pcpu, entity: pcpu.current, endNs: from.endNs ?? Number.POSITIVE_INFINITY, kind: from.kind };
  }

  /** The vCPU in the middle of whose instruction we are. */
  get executing(): Entity | undefined {
    return this.slice?.pcpu.executing === undefined ? undefined : this.slice.entity;
  }

  save(): SavedValue {
    return this.reachedNs;
  }

  restore(saved: SavedValue): void {
    this.reachedNs = saved as number;
  }
}
