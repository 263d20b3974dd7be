// A physical CPU: its local clock, what runs on it and what waits for it.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';
import type { LocalClock } from '../time/virtual-time';
import { DEFAULT_WEIGHT, type Entity } from './entity';
import type { Runner } from './runner';

/** What the vCPU that runs here comes to next, as far as known. `border`: may be forgotten and found again. */
export type Pending = 'none' | 'border' | 'halted';

export class Pcpu implements LocalClock, Stateful {
  clockNs: VirtualNs = 0;
  current: Entity | undefined;
  readonly waiting: Entity[] = [];
  /** The running entity's time is charged up to here. */
  chargedNs: VirtualNs = 0;
  /** The running entity has used its turn then. */
  endOfTurnNs = Number.POSITIVE_INFINITY;
  /** Never falls: what a waking entity starts from. */
  minVruntimeNs = 0;
  needsReschedule = false;
  /** Asked to give way: to this entity, or to anybody. */
  yieldTo: number | 'any' | undefined;
  pending: Pending = 'none';
  /** In the middle of an engine call. */
  executing: Runner | undefined;
  /** Charged so far: time that vCPUs and neighbours had of it. */
  readonly gaveNs = { vcpus: 0, neighbours: 0 };
  /** Switched off, nothing is placed here; what still runs leaves at its next decision. */
  online = true;

  constructor(readonly id: number) {}

  localNs(): VirtualNs {
    return this.executing === undefined ? this.clockNs : this.clockNs + this.executing.consumedNs();
  }

  get runsVcpu(): boolean {
    return this.current?.runner !== undefined;
  }

  get isIdle(): boolean {
    return this.online && this.current === undefined && this.waiting.length === 0;
  }

  /** Adds to the running entity's weighted time. Called at scheduling points only: a pause is none, so pausing changes no rounding. */
  charge(): void {
    const nowNs = this.localNs();
    const entity = this.current;
    if (entity !== undefined) {
      const ranNs = nowNs - this.chargedNs;
      assert(ranNs >= 0, `pCPU ${this.id} charges ${ranNs} ns`);
      if (!entity.absolute) entity.vruntimeNs += Math.floor((ranNs * DEFAULT_WEIGHT) / entity.weight);
      if (entity.workNs !== undefined) entity.workNs -= ranNs;
      this.gaveNs[entity.runner === undefined ? 'neighbours' : 'vcpus'] += ranNs;
      entity.ranNs += ranNs;
      entity.grantedNs -= ranNs;
    }
    this.chargedNs = nowNs;
    let least = entity === undefined || entity.absolute ? Number.POSITIVE_INFINITY : entity.vruntimeNs;
    for (const waiter of this.waiting) if (!waiter.absolute) least = Math.min(least, waiter.vruntimeNs);
    if (least !== Number.POSITIVE_INFINITY) this.minVruntimeNs = Math.max(this.minVruntimeNs, least);
  }

  remove(entity: Entity): void {
    const at = this.waiting.indexOf(entity);
    assert(at >= 0, `${entity.name} does not wait for pCPU ${this.id}`);
    this.waiting.splice(at, 1);
  }

  save(): SavedValue {
    return {
      clockNs: this.clockNs,
      current: this.current?.id ?? -1,
      waiting: this.waiting.map((entity) => entity.id),
      chargedNs: this.chargedNs,
      endOfTurnNs: Number.isFinite(this.endOfTurnNs) ? this.endOfTurnNs : null,
      minVruntimeNs: this.minVruntimeNs,
      needsReschedule: this.needsReschedule,
      yieldTo: this.yieldTo ?? null,
      halted: this.pending === 'halted',
      online: this.online,
      gaveNs: { ...this.gaveNs },
    };
  }

  restore(saved: SavedValue, entities: readonly Entity[] = []): void {
    const from = saved as {
      clockNs: number;
      current: number;
      waiting: number[];
      chargedNs: number;
      endOfTurnNs: number | null;
      minVruntimeNs: number;
      needsReschedule: boolean;
      yieldTo: number | 'any' | null;
      halted: boolean;
      online: boolean;
      gaveNs: { vcpus: number; neighbours: number };
    };
    this.clockNs = from.clockNs;
    this.current = entities[from.current];
    this.waiting.splice(0, this.waiting.length, ...from.waiting.map((id) => entities[id]!));
    this.chargedNs = from.chargedNs;
    this.endOfTurnNs = from.endOfTurnNs ?? Number.POSITIVE_INFINITY;
    this.minVruntimeNs = from.minVruntimeNs;
    this.needsReschedule = from.needsReschedule;
    this.yieldTo = from.yieldTo ?? undefined;
    this.pending = from.halted ? 'halted' : 'none';
    this.executing = undefined;
    this.online = from.online;
    Object.assign(this.gaveNs, from.gaveNs);
  }
}
