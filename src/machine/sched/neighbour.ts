// A synthetic neighbour: work for a pCPU that arrives at the start of each period and needs no guest. It contends with vCPUs and so makes their steal.
//
// `duty` under fair share: the fraction d of its pCPU is demanded. Against a busy vCPU of equal weight it gets min(d, 0.5); in general the shares are max-min fair:
// whoever wants less than its weighted share gets all it wants, and the rest divide what is left by weight. Work that could not be done waits, up to
// one period or 10 ms, whichever is more. `absolute`: gets d whatever others want; absolute duties on one pCPU sum to less than 1.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer } from '../../devices/ports';
import type { NeighbourConfig } from '../control/types';
import { EventClass, type EventQueue } from '../time/event-queue';
import type { Entity } from './entity';
import { TURN_NS } from './policies.rows';
import type { Scheduler } from './scheduler';

export class Neighbour implements Stateful {
  readonly entity: Entity;
  private readonly arrival: Timer;
  private readonly burstNs: number;
  private readonly backlogNs: number;

  constructor(
    index: number,
    private readonly config: NeighbourConfig,
    private readonly scheduler: Scheduler,
    events: EventQueue,
  ) {
    this.entity = scheduler.create({
      name: `neighbour${index}`,
      weight: config.weight,
      absolute: config.absolute,
      affinity: [config.pcpu],
      home: config.pcpu,
    });
    this.entity.workNs = 0;
    this.entity.account.enter('blocked', 0, -1);
    this.burstNs = Math.round(config.duty * config.periodNs);
    this.backlogNs = this.burstNs + Math.max(config.periodNs, 10 * TURN_NS);
    this.arrival = events.create(`neighbour${index}.arrival`, EventClass.background, (atNs) => this.arrive(atNs));
  }

  start(): void {
    if (this.burstNs > 0) this.arrival.arm(0);
  }

  private arrive(atNs: number): void {
    const { entity } = this;
    this.arrival.arm(atNs + this.config.periodNs);
    if (entity.account.state === 'running') this.scheduler.chargeAt(entity, atNs);
    entity.workNs = Math.min((entity.workNs ?? 0) + this.burstNs, this.backlogNs);
    if (entity.account.state === 'running') this.scheduler.planTurn(this.scheduler.pcpus[entity.pcpu]!);
    else this.scheduler.wake(entity, atNs);
  }

  /** All of its state is its entity's and its timer's. */
  save(): SavedValue {
    return null;
  }
  restore(): void {}
}
