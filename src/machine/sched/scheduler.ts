// Who runs on which pCPU, in virtual time, by a policy (policies.rows.ts). All decisions fall on the run loop's scheduling points, so they are the same in every run.
//
// Weighted fair: a turn ends when the running entity's weighted time is TURN_NS ahead of the least one that waits. An entity that wakes starts no earlier than the queue's
// minimum and gets no credit for having slept: the share of an entity that wants the fraction d of a pCPU under contention by a busy one of equal weight is min(d, 0.5),
// exactly in the long run. One that wakes and is not ahead of the running one goes first.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, VirtualNs } from '../../devices/ports';
import type { SWITCH_REASONS } from '../../trace/rows';
import type { RunState } from '../control/types';
import { EventClass, type EventQueue } from '../time/event-queue';
import { Entity, type EntityConfig } from './entity';
import { HeldBack } from './held-back';
import { Holds } from './holds';
import { Order } from './order';
import type { Pcpu } from './pcpu';
import { Placement } from './placement';
import { Places } from './places';
import { DEFAULT_POLICY, type PolicyName } from './policies.rows';
import { CAP_PERIOD_NS } from './quota';

export type SwitchReason = (typeof SWITCH_REASONS)[number];

export class Scheduler implements Stateful {
  private readonly places: Places;
  readonly entities: Entity[] = [];
  private readonly order: Order;
  private readonly heldBack: HeldBack;
  /** What the user keeps from running. */
  readonly holds = new Holds(this);
  private readonly placement: Placement;
  /** Ends a neighbour's turn or burst. */
  private readonly turnTimers: Timer[] = [];
  /** The run loop's slice must end now (another pCPU has something to run), or no later than the time given. */
  onCut: (pcpu: Pcpu | undefined, atNs: VirtualNs) => void = () => {};

  /** A pCPU went from one entity to another (undefined: idle). */
  onSwitch: (pcpu: Pcpu, previous: Entity | undefined, next: Entity | undefined, reason: SwitchReason) => void = () => {};

  constructor(
    pcpuCount: number,
    private readonly events: EventQueue,
    { policy = DEFAULT_POLICY, seed = 0 }: { policy?: PolicyName | undefined; seed?: number } = {},
  ) {
    this.order = new Order(policy, seed);
    this.places = new Places();
    this.heldBack = new HeldBack(events, (entity, atNs) => this.admit(entity, atNs, CAP_PERIOD_NS));
    this.placement = new Placement(this.places, this.order, events, this);
    this.grow(pcpuCount);
  }

  get pcpus(): readonly Pcpu[] {
    return this.places.list;
  }

  get onlinePcpus(): number {
    return this.places.online;
  }

  private grow(count: number): void {
    this.places.grow(count);
    while (this.turnTimers.length < count) {
      const id = this.turnTimers.length;
      this.turnTimers.push(
        this.events.create(`pcpu${id}.turn`, EventClass.background, (atNs) => this.requestReschedule(this.pcpus[id]!, atNs)),
      );
    }
  }

  /** A vCPU could run if a pCPU were free. */
  get vcpuWaits(): boolean {
    return this.pcpus.some((pcpu) => pcpu.waiting.some((entity) => entity.runner !== undefined));
  }

  /** A vCPU could run, and will, when its cap or the policy lets it. */
  get holdsBack(): boolean {
    return !this.heldBack.isEmpty;
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
    if (entity.isHeld) {
      if (state === 'blocked') entity.account.enter('offline', Math.max(atNs, entity.account.sinceNs), -1);
      entity.wouldRun = true;
      entity.wouldSleep = false;
      return;
    }
    const wakeNs = Math.max(atNs, entity.account.sinceNs);
    entity.account.enter('runnable', wakeNs, -1);
    entity.boosted = true;
    this.admit(entity, wakeNs);
  }

  /** To a queue, unless a cap has been reached. One that was held back may be behind the others by `lagNs`. */
  private admit(entity: Entity, atNs: VirtualNs, lagNs = 0): void {
    if (!entity.absolute && !entity.grant(atNs)) this.heldBack.add(entity, entity.grantsAtNs(atNs));
    else this.placement.place(entity, this.places.choose(entity, this.order), atNs, lagNs);
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
    const endNs = pcpu.chargedNs + this.order.leftNs(entity, this.order.first(pcpu));
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
    entity.wouldSleep = false;
    if (pcpu.current === entity) {
      pcpu.charge();
      this.switchOut(pcpu, entity, state);
      this.requestReschedule(pcpu, pcpu.localNs());
      return;
    }
    if (entity.account.state === 'runnable') this.dequeue(entity);
    if (entity.account.state !== state) entity.account.enter(state, Math.max(atNs, entity.account.sinceNs), -1);
  }

  /** Runnable: out of its queue. */
  private dequeue(entity: Entity): void {
    entity.settle();
    if (this.heldBack.has(entity)) this.heldBack.remove(entity);
    else this.pcpus[entity.pcpu]!.remove(entity);
  }

  /** Weight, caps, affinity or the pCPUs have changed: a decision that stood on them is made anew. */
  changed(entity: Entity, atNs: VirtualNs): void {
    const pcpu = this.pcpus[entity.pcpu]!;
    if (pcpu.current === entity) {
      pcpu.charge();
      entity.settle();
      this.requestReschedule(pcpu, atNs);
    } else if (entity.account.state === 'runnable') {
      this.dequeue(entity);
      this.admit(entity, Math.max(atNs, entity.account.sinceNs));
    }
  }

  get policy(): PolicyName {
    return this.order.policyName;
  }

  /** From here on by another policy: everybody begins anew, and nobody owes what only the one before has counted. */
  setPolicy(policy: PolicyName, atNs: VirtualNs): void {
    this.order.policyName = policy;
    for (const pcpu of this.pcpus) pcpu.charge();
    for (const entity of this.entities) entity.vruntimeNs = this.pcpus[entity.pcpu]!.minVruntimeNs;
    for (const { current } of this.pcpus) if (current !== undefined) this.order.beginTurn(current);
    for (const entity of this.entities) this.changed(entity, atNs);
  }

  setPcpus(count: number, atNs: VirtualNs): void {
    this.grow(count);
    for (const pcpu of this.pcpus) {
      pcpu.online = pcpu.id < count;
      if (!pcpu.online && pcpu.current !== undefined) this.requestReschedule(pcpu, atNs);
      if (!pcpu.online) for (const entity of [...pcpu.waiting]) this.changed(entity, atNs);
    }
    for (const pcpu of this.pcpus) if (pcpu.isIdle) this.requestReschedule(pcpu, atNs);
  }

  /** At the pCPU's clock: who runs from here on. */
  reschedule(pcpu: Pcpu): void {
    pcpu.charge();
    const { current } = pcpu;
    if (current?.workNs !== undefined && current.workNs <= 0) {
      this.switchOut(pcpu, current, 'blocked');
      this.decide(pcpu, current, 'blocked');
      return;
    }
    const why = current === undefined ? undefined : this.leaves(pcpu, current);
    if (current === undefined || why === undefined)
      this.decide(pcpu, current, pcpu.yieldTo !== undefined ? 'yield' : current === undefined ? 'idle' : 'slice');
    else this.decide(pcpu, current, why);
  }

  /** The running entity may not stay, whoever waits: it is taken off, to another pCPU or held back. */
  private leaves(pcpu: Pcpu, entity: Entity): SwitchReason | undefined {
    const nowNs = pcpu.clockNs;
    if (!this.places.allows(entity, pcpu)) {
      this.switchOut(pcpu, entity, 'runnable');
      pcpu.remove(entity);
      this.placement.place(entity, this.places.choose(entity, this.order), nowNs);
      return 'moved';
    }
    if (entity.absolute) return undefined;
    const capped = entity.grantedNs <= 0 && !entity.grant(nowNs);
    const turnEnds = entity.ranNs >= entity.turnNs;
    const holdNs = !capped && turnEnds ? this.order.holdNs() : 0;
    if (!capped && holdNs === 0) {
      if (turnEnds && pcpu.waiting.length === 0) this.order.beginTurn(entity);
      return undefined;
    }
    this.switchOut(pcpu, entity, 'runnable');
    pcpu.remove(entity);
    this.heldBack.add(entity, capped ? entity.grantsAtNs(nowNs) : nowNs + holdNs);
    return capped ? 'capped' : 'slice';
  }

  private decide(pcpu: Pcpu, previous: Entity | undefined, reason: SwitchReason): void {
    pcpu.needsReschedule = false;
    const chosen = this.pick(pcpu) ?? (pcpu.current === undefined && pcpu.online ? this.placement.pull(pcpu) : undefined);
    pcpu.yieldTo = undefined;
    if (chosen !== undefined) {
      const preempted = pcpu.current;
      if (preempted !== undefined) this.switchOut(pcpu, preempted, 'runnable');
      this.switchIn(pcpu, chosen);
    }
    if (pcpu.current !== previous)
      this.onSwitch(pcpu, previous, pcpu.current, chosen?.absolute && reason === 'slice' ? 'preempted' : reason);
    if (pcpu.waiting.length > 0) this.placement.spread(pcpu);
    this.planTurn(pcpu);
  }

  /** One that waits here and goes before the running entity now. */
  private pick(pcpu: Pcpu): Entity | undefined {
    const best = this.order.first(pcpu);
    const current = pcpu.current;
    if (best === undefined || current === undefined) return best;
    if (pcpu.yieldTo !== undefined) return pcpu.waiting.find((entity) => entity.id === pcpu.yieldTo) ?? best;
    return this.order.turnIsOver(current, best) ? best : undefined;
  }

  private switchOut(pcpu: Pcpu, entity: Entity, to: RunState): void {
    entity.onSwitchOut(to, pcpu.localNs());
    entity.account.enter(to, pcpu.localNs(), -1);
    pcpu.current = undefined;
    pcpu.pending = 'none';
    pcpu.endOfTurnNs = Number.POSITIVE_INFINITY;
    this.turnTimers[pcpu.id]!.cancel();
    if (to === 'runnable') this.order.enqueue(entity, pcpu);
    else entity.settle();
  }

  private switchIn(pcpu: Pcpu, entity: Entity): void {
    pcpu.remove(entity);
    pcpu.clockNs = Math.max(pcpu.clockNs, entity.account.sinceNs);
    pcpu.chargedNs = pcpu.clockNs;
    pcpu.current = entity;
    entity.boosted = false;
    this.order.beginTurn(entity);
    entity.account.enter('running', pcpu.clockNs, pcpu.id);
    entity.onSwitchIn(pcpu.id, pcpu.clockNs);
  }

  save(): SavedValue {
    return {
      entities: this.entities.map((entity) => entity.save()),
      pcpus: this.pcpus.map((pcpu) => pcpu.save()),
      heldBack: this.heldBack.save(),
      order: this.order.save(),
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as { entities: SavedValue[]; pcpus: SavedValue[]; heldBack: SavedValue; order: SavedValue };
    assert(from.entities.length === this.entities.length, 'a snapshot of another set of vCPUs and neighbours');
    for (const [i, entity] of this.entities.entries()) entity.restore(from.entities[i]!);
    this.places.shrink(from.pcpus.length);
    this.grow(from.pcpus.length);
    for (const [i, pcpu] of this.pcpus.entries()) pcpu.restore(from.pcpus[i]!, this.entities);
    this.heldBack.restore(from.heldBack, this.entities);
    this.order.restore(from.order);
  }
}
