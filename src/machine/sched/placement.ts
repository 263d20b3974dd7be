// On which pCPU an entity runs or waits: where one that becomes runnable goes, what an idle pCPU takes, what those with more give to those with fewer.
import type { Timer, VirtualNs } from '../../devices/ports';
import { EventClass, type EventQueue } from '../time/event-queue';
import { BALANCE_NS, unbalanced } from './balance';
import type { Entity } from './entity';
import type { Order } from './order';
import type { Pcpu } from './pcpu';
import type { Places } from './places';

/** What placing asks of the scheduler. */
interface Turns {
  readonly vcpuWaits: boolean;
  requestReschedule(pcpu: Pcpu, atNs: VirtualNs): void;
  planTurn(pcpu: Pcpu): void;
}

export class Placement {
  private readonly balanceTimer: Timer;

  constructor(
    private readonly places: Places,
    private readonly order: Order,
    events: EventQueue,
    private readonly turns: Turns,
  ) {
    this.balanceTimer = events.create('sched.balance', EventClass.background, (atNs) => this.balance(atNs));
  }

  place(entity: Entity, pcpu: Pcpu, atNs: VirtualNs, lagNs = 0): void {
    if (pcpu.current !== undefined && !pcpu.runsVcpu) pcpu.clockNs = Math.max(pcpu.clockNs, atNs);
    this.moveTo(entity, pcpu, atNs);
    pcpu.charge();
    entity.vruntimeNs = Math.max(entity.vruntimeNs, pcpu.minVruntimeNs - lagNs);
    this.order.enqueue(entity, pcpu);
    if (pcpu.current === undefined) this.turns.requestReschedule(pcpu, atNs);
    else this.turns.planTurn(pcpu);
  }

  private moveTo(entity: Entity, pcpu: Pcpu, atNs: VirtualNs): void {
    if (entity.pcpu === pcpu.id) return;
    entity.vruntimeNs += pcpu.minVruntimeNs - this.places.list[entity.pcpu]!.minVruntimeNs;
    entity.pcpu = pcpu.id;
    entity.movedNs = atNs;
  }

  /** An idle pCPU takes a vCPU that waits elsewhere: from the longest queue. */
  pull(pcpu: Pcpu): Entity | undefined {
    const from = this.places.longestQueue(pcpu);
    const chosen = from === undefined ? undefined : this.order.first(from, (entity) => this.places.allows(entity, pcpu));
    if (from === undefined || chosen === undefined) return undefined;
    from.charge();
    from.remove(chosen);
    this.turns.planTurn(from);
    this.moveTo(chosen, pcpu, pcpu.clockNs);
    chosen.vruntimeNs = Math.max(chosen.vruntimeNs, pcpu.minVruntimeNs);
    this.order.enqueue(chosen, pcpu);
    return chosen;
  }

  /** What still waits here moves to an idle pCPU if there is one, or is looked at again later. */
  spread(pcpu: Pcpu): void {
    for (const entity of [...pcpu.waiting]) {
      const idle = this.places.idleFor(entity);
      if (idle === undefined) continue;
      pcpu.remove(entity);
      this.place(entity, idle, entity.account.sinceNs);
    }
    if (this.balanceTimer.deadlineNs === undefined && pcpu.waiting.length > 0 && this.places.list.length > 1)
      this.balanceTimer.arm(pcpu.clockNs + BALANCE_NS);
  }

  /** More vCPUs than pCPUs: those that must share change, so that in the long run all have their part. */
  private balance(atNs: VirtualNs): void {
    const move = unbalanced(this.places);
    if (move !== undefined) {
      move.from.charge();
      move.from.remove(move.entity);
      this.turns.planTurn(move.from);
      this.place(move.entity, move.to, Math.max(atNs, move.entity.account.sinceNs));
    }
    if (this.turns.vcpuWaits) this.balanceTimer.arm(atNs + BALANCE_NS);
  }
}
