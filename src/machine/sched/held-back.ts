// Entities that could run and get no pCPU until a given time, because a cap has been reached or the policy says so. They count as runnable.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, VirtualNs } from '../../devices/ports';
import { EventClass, type EventQueue } from '../time/event-queue';
import type { Entity } from './entity';

export class HeldBack implements Stateful {
  /** In the order in which they came. */
  private list: { entity: Entity; untilNs: VirtualNs }[] = [];
  private readonly timer: Timer;

  constructor(
    events: EventQueue,
    /** Its time has come. */
    private readonly onFree: (entity: Entity, atNs: VirtualNs) => void,
  ) {
    this.timer = events.create('sched.held-back', EventClass.guest, (atNs) => this.free(atNs));
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  has(entity: Entity): boolean {
    return this.list.some((each) => each.entity === entity);
  }

  add(entity: Entity, untilNs: VirtualNs): void {
    assert(!this.has(entity), `${entity.name} is held back already`);
    this.list.push({ entity, untilNs });
    this.plan();
  }

  remove(entity: Entity): void {
    this.list = this.list.filter((each) => each.entity !== entity);
    this.plan();
  }

  private plan(): void {
    const untilNs = Math.min(...this.list.map((each) => each.untilNs));
    if (!Number.isFinite(untilNs)) this.timer.cancel();
    else if (this.timer.deadlineNs !== untilNs) this.timer.arm(untilNs);
  }

  private free(atNs: VirtualNs): void {
    const due = this.list.filter(({ untilNs }) => untilNs <= atNs);
    this.list = this.list.filter(({ untilNs }) => untilNs > atNs);
    for (const { entity } of due) this.onFree(entity, atNs);
    this.plan();
  }

  save(): SavedValue {
    return this.list.map(({ entity, untilNs }) => [entity.id, untilNs]);
  }

  /** The timer's deadline comes with the event queue. */
  restore(saved: SavedValue, entities: readonly Entity[] = []): void {
    this.list = (saved as [number, number][]).map(([id, untilNs]) => ({ entity: entities[id]!, untilNs }));
  }
}
