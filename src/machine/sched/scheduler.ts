// Who runs on which pCPU: weighted-fair by virtual runtime, in virtual time. All decisions fall on the run loop's scheduling points, so they are the same in every run.
//
// A turn ends when the running entity's weighted time is TURN_NS ahead of the least one that waits. An entity that wakes starts no earlier than the queue's minimum, and
// gets no credit for having slept: the share of an entity that wants the fraction d of a pCPU under contention by a busy one of equal weight is min(d, 0.5), exactly in the long run.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, VirtualNs } from '../../devices/ports';
import type { SWITCH_REASONS } from '../../trace/rows';
import type { RunState } from '../control/types';
import { EventClass, type EventQueue } from '../time/event-queue';
import { DEFAULT_WEIGHT, Entity, type EntityConfig } from './entity';
import { goesBefore, Pcpu } from './pcpu';

export const TURN_NS = 1_000_000;

export type SwitchReason = (typeof SWITCH_REASONS)[number];

export class Scheduler implements Stateful {
  readonly pcpus: readonly Pcpu[];
  readonly entities: Entity[] = [];
  /** Ends a neighbour's turn or burst. */
  private readonly turnTimers: readonly Timer[];
  /** The run loop's slice must end now (another pCPU has something to run), or no later than the time given. */
  onCut: (pcpu: Pcpu | undefined, atNs: VirtualNs) => void = () => {};

  /** A pCPU went from one entity to another (undefined: idle). */
  onSwitch: (pcpu: Pcpu, previous: Entity | undefined, next: Entity | undefined, reason: SwitchReason) => void = () => {};

  constructor(pcpuCount: number, events: EventQueue) {
    this.pcpus = Array.from({ length: pcpuCount }, (_, id) => new Pcpu(id));
    this.turnTimers = this.pcpus.map((pcpu) =>
      events.create(`pcpu${pcpu.id}.turn`, EventClass.background, (atNs) => this.requestReschedule(pcpu, atNs)),
    );
  }

  /** A vCPU could run if a pCPU were free. */
  get vcpuWaits(): boolean {
    return this.pcpus.some((pcpu) => pcpu.waiting.some((entity) => entity.runner !== undefined));
  }

  create(config: EntityConfig): Entity {
    assert(config.weight > 0, `${config.name} has no weight`);
    const entity = new Entity(this.entities.length, config);
    this.entities.push(entity);
    return entity;
  }

  /** Blocked or offline: becomes runnable at `atNs`, or when it went to sleep if that was later on its own clock. */
  wake(entity: Entity, atNs: VirtualNs): void {
    const state = entity.account.state;
    if (state !== 'blocked' && state !== 'offline') return;
    if (entity.hold !== 'none') {
      if (state === 'blocked') entity.account.enter('offline', Math.max(atNs, entity.account.sinceNs), -1);
      entity.wouldRun = true;
      return;
    }
    const wakeNs = Math.max(atNs, entity.account.sinceNs);
    entity.account.enter('runnable', wakeNs, -1);
    this.place(entity, this.choose(entity), wakeNs);
  }

  /** Its last pCPU if idle, else an idle one it may run on, else its last. */
  private choose(entity: Entity): Pcpu {
    const last = this.pcpus[entity.pcpu]!;
    if (last.isIdle) return last;
    return this.pcpus.find((pcpu) => pcpu.isIdle && entity.mayRunOn(pcpu.id)) ?? last;
  }

  private place(entity: Entity, pcpu: Pcpu, atNs: VirtualNs): void {
    if (entity.pcpu !== pcpu.id) {
      entity.vruntimeNs += pcpu.minVruntimeNs - this.pcpus[entity.pcpu]!.minVruntimeNs;
      entity.pcpu = pcpu.id;
    }
    if (pcpu.current !== undefined && !pcpu.runsVcpu) pcpu.clockNs = Math.max(pcpu.clockNs, atNs);
    pcpu.charge();
    entity.vruntimeNs = Math.max(entity.vruntimeNs, pcpu.minVruntimeNs);
    pcpu.waiting.push(entity);
    if (pcpu.current === undefined) this.requestReschedule(pcpu, atNs);
    else this.planTurn(pcpu);
  }

  /** The pCPU decides anew as soon as the loop comes to it. */
  requestReschedule(pcpu: Pcpu, atNs: VirtualNs): void {
    if (!pcpu.runsVcpu) pcpu.clockNs = Math.max(pcpu.clockNs, atNs);
    pcpu.needsReschedule = true;
    this.onCut(undefined, atNs);
  }

  /** The running vCPU gives way to `target` if that waits here, else to whoever does. */
  yield(entity: Entity, target: Entity | undefined): void {
    const pcpu = this.pcpus[entity.pcpu]!;
    if (pcpu.current !== entity || pcpu.waiting.length === 0) return;
    if (target !== undefined && !pcpu.waiting.includes(target)) return;
    pcpu.yieldTo = target?.id ?? 'any';
    this.requestReschedule(pcpu, pcpu.localNs());
  }

  /** When the running entity's turn ends, given those that wait now. Its time is charged up to now. */
  planTurn(pcpu: Pcpu): void {
    const entity = pcpu.current;
    if (entity === undefined) return;
    let endNs = Number.POSITIVE_INFINITY;
    const rival = pcpu.best();
    if (rival !== undefined && !entity.absolute) {
      const aheadNs = rival.absolute ? 0 : rival.vruntimeNs + TURN_NS - entity.vruntimeNs;
      endNs = pcpu.chargedNs + Math.max(0, Math.ceil((aheadNs * entity.weight) / DEFAULT_WEIGHT));
    }
    pcpu.endOfTurnNs = endNs;
    if (entity.runner !== undefined) {
      this.onCut(pcpu, endNs);
    } else {
      this.turnTimers[pcpu.id]!.arm(Math.min(endNs, pcpu.chargedNs + Math.max(0, entity.workNs ?? 0)));
    }
  }

  /** A neighbour that runs has done its part up to now. */
  chargeAt(entity: Entity, atNs: VirtualNs): void {
    const pcpu = this.pcpus[entity.pcpu]!;
    assert(pcpu.current === entity, `${entity.name} does not run`);
    pcpu.clockNs = Math.max(pcpu.clockNs, atNs);
    pcpu.charge();
  }

  /** The entity that runs here stops by itself. */
  block(pcpu: Pcpu, state: 'blocked' | 'offline'): void {
    const entity = pcpu.current;
    assert(entity !== undefined, `nothing runs on pCPU ${pcpu.id}`);
    pcpu.charge();
    this.switchOut(pcpu, entity, state);
    this.decide(pcpu, entity, state);
  }

  /** Not running, and not to run: a VM was switched off, or INIT came while it waited. */
  park(entity: Entity, state: 'blocked' | 'offline', atNs: VirtualNs): void {
    const pcpu = this.pcpus[entity.pcpu]!;
    entity.wouldRun = false;
    if (pcpu.current === entity) {
      pcpu.charge();
      this.switchOut(pcpu, entity, state);
      this.requestReschedule(pcpu, pcpu.localNs());
      return;
    }
    if (entity.account.state === 'runnable') pcpu.remove(entity);
    if (entity.account.state !== state) entity.account.enter(state, Math.max(atNs, entity.account.sinceNs), -1);
  }

  /** The user keeps a vCPU from running, as a hypervisor pauses one (Xen's run state is offline then: the time is nobody's steal). */
  hold(entity: Entity, how: 'held' | 'gone', atNs: VirtualNs): void {
    const { state } = entity.account;
    entity.hold = how;
    if (state !== 'running' && state !== 'runnable') return;
    this.park(entity, 'offline', atNs);
    entity.wouldRun = true;
  }

  release(entity: Entity, atNs: VirtualNs): void {
    if (entity.hold !== 'held') return;
    entity.hold = 'none';
    if (!entity.wouldRun) return;
    entity.wouldRun = false;
    this.wake(entity, atNs);
  }

  /** At the pCPU's clock: who runs from here on. */
  reschedule(pcpu: Pcpu): void {
    pcpu.charge();
    const { current } = pcpu;
    if (current?.workNs !== undefined && current.workNs <= 0) {
      this.switchOut(pcpu, current, 'blocked');
      this.decide(pcpu, current, 'blocked');
    } else {
      this.decide(pcpu, current, pcpu.yieldTo !== undefined ? 'yield' : current === undefined ? 'idle' : 'slice');
    }
  }

  private decide(pcpu: Pcpu, previous: Entity | undefined, reason: SwitchReason): void {
    pcpu.needsReschedule = false;
    const chosen = this.pick(pcpu) ?? (pcpu.current === undefined ? this.pull(pcpu) : undefined);
    pcpu.yieldTo = undefined;
    if (chosen !== undefined) {
      const preempted = pcpu.current;
      if (preempted !== undefined) this.switchOut(pcpu, preempted, 'runnable');
      this.switchIn(pcpu, chosen);
    }
    if (pcpu.current !== previous)
      this.onSwitch(pcpu, previous, pcpu.current, chosen?.absolute && reason === 'slice' ? 'preempted' : reason);
    if (pcpu.waiting.length > 0) this.giveAway(pcpu);
    this.planTurn(pcpu);
  }

  /** One that waits here and goes before the running entity now. */
  private pick(pcpu: Pcpu): Entity | undefined {
    const best = pcpu.best();
    const current = pcpu.current;
    if (best === undefined || current === undefined) return best;
    if (pcpu.yieldTo !== undefined) return pcpu.waiting.find((entity) => entity.id === pcpu.yieldTo) ?? best;
    if (current.absolute || !goesBefore(best, current)) return undefined;
    return best.absolute || current.vruntimeNs >= best.vruntimeNs + TURN_NS ? best : undefined;
  }

  /** An idle pCPU takes a vCPU that waits elsewhere: from the longest queue. */
  private pull(pcpu: Pcpu): Entity | undefined {
    let from: Pcpu | undefined;
    for (const other of this.pcpus) {
      if (other === pcpu || !other.waiting.some((entity) => entity.mayRunOn(pcpu.id))) continue;
      if (from === undefined || other.waiting.length > from.waiting.length) from = other;
    }
    if (from === undefined) return undefined;
    let chosen: Entity | undefined;
    for (const entity of from.waiting) {
      if (entity.mayRunOn(pcpu.id) && (chosen === undefined || goesBefore(entity, chosen))) chosen = entity;
    }
    if (chosen === undefined) return undefined;
    from.charge();
    from.remove(chosen);
    this.planTurn(from);
    chosen.vruntimeNs = Math.max(chosen.vruntimeNs + pcpu.minVruntimeNs - from.minVruntimeNs, pcpu.minVruntimeNs);
    chosen.pcpu = pcpu.id;
    pcpu.waiting.push(chosen);
    return chosen;
  }

  /** What still waits here moves to an idle pCPU if there is one. */
  private giveAway(pcpu: Pcpu): void {
    for (const entity of [...pcpu.waiting]) {
      const idle = this.pcpus.find((other) => other !== pcpu && other.isIdle && entity.mayRunOn(other.id));
      if (idle === undefined) continue;
      pcpu.remove(entity);
      this.place(entity, idle, entity.account.sinceNs);
    }
  }

  private switchOut(pcpu: Pcpu, entity: Entity, to: RunState): void {
    entity.onSwitchOut(to, pcpu.localNs());
    entity.account.enter(to, pcpu.localNs(), -1);
    pcpu.current = undefined;
    pcpu.pending = 'none';
    pcpu.endOfTurnNs = Number.POSITIVE_INFINITY;
    this.turnTimers[pcpu.id]!.cancel();
    if (to === 'runnable') pcpu.waiting.push(entity);
  }

  private switchIn(pcpu: Pcpu, entity: Entity): void {
    pcpu.remove(entity);
    pcpu.clockNs = Math.max(pcpu.clockNs, entity.account.sinceNs);
    pcpu.chargedNs = pcpu.clockNs;
    pcpu.current = entity;
    entity.account.enter('running', pcpu.clockNs, pcpu.id);
    entity.onSwitchIn(pcpu.id, pcpu.clockNs);
  }

  save(): SavedValue {
    return { entities: this.entities.map((entity) => entity.save()), pcpus: this.pcpus.map((pcpu) => pcpu.save()) };
  }

  restore(saved: SavedValue): void {
    const from = saved as { entities: SavedValue[]; pcpus: SavedValue[] };
    assert(from.entities.length === this.entities.length, 'a snapshot of another set of vCPUs and neighbours');
    for (const [i, entity] of this.entities.entries()) entity.restore(from.entities[i]!);
    for (const [i, pcpu] of this.pcpus.entries()) pcpu.restore(from.pcpus[i]!, this.entities);
  }
}
