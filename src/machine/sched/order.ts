// Who goes first and for how long, by a policy and its random numbers.
import type { SavedValue, Stateful } from '../../base/saved';
import { Draw } from './draw';
import type { Entity } from './entity';
import type { Pcpu } from './pcpu';
import { type PolicyName, policyOf } from './policies.rows';

export class Order implements Stateful {
  private readonly draw: Draw;
  private tickets = 0;
  private policy;

  constructor(name: PolicyName, seed: number) {
    this.policy = policyOf(name);
    this.draw = new Draw(seed);
  }

  get policyName(): PolicyName {
    return this.policy.name;
  }

  set policyName(name: PolicyName) {
    this.policy = policyOf(name);
  }

  /** Begins to wait. */
  enqueue(entity: Entity, pcpu: Pcpu): void {
    entity.ticket = this.policy.ticket(this.draw, ++this.tickets);
    pcpu.waiting.push(entity);
  }

  /** Who of those that wait comes first: absolute ones by number, then as the policy says. */
  first(pcpu: Pcpu, mayTake: (entity: Entity) => boolean = () => true): Entity | undefined {
    let first: Entity | undefined;
    for (const entity of pcpu.waiting) if (mayTake(entity) && (first === undefined || this.goesBefore(entity, first))) first = entity;
    return first;
  }

  private goesBefore(a: Entity, b: Entity): boolean {
    if (a.absolute !== b.absolute) return a.absolute;
    return ((a.absolute ? 0 : this.policy.compare(a, b)) || a.id - b.id) < 0;
  }

  beginTurn(entity: Entity): void {
    entity.turnNs = this.policy.turnNs(this.draw);
    entity.ranNs = 0;
  }

  /** The running entity gives way to the first of those that wait. */
  turnIsOver(current: Entity, rival: Entity): boolean {
    return !current.absolute && (rival.absolute || this.policy.leftNs(current, rival) <= 0);
  }

  /** How long the running entity may go on. */
  leftNs(current: Entity, rival: Entity | undefined): number {
    if (current.absolute) return Number.POSITIVE_INFINITY;
    const turnNs = rival?.absolute ? 0 : this.policy.leftNs(current, rival);
    return Math.min(turnNs, Math.max(0, current.grantedNs));
  }

  /** At the end of a turn: how long nobody gives the entity a pCPU. */
  holdNs(): number {
    return this.policy.holdNs(this.draw);
  }

  /** Where one that wakes comes to, if the policy leaves that to chance. */
  drawPcpu(allowed: readonly Pcpu[]): Pcpu | undefined {
    return this.policy.anyPcpu ? allowed[this.draw.below(allowed.length)] : undefined;
  }

  save(): SavedValue {
    return { policy: this.policyName, draw: this.draw.save(), tickets: this.tickets };
  }

  restore(saved: SavedValue): void {
    const from = saved as { policy: PolicyName; draw: SavedValue; tickets: number };
    this.policyName = from.policy;
    this.draw.restore(from.draw);
    this.tickets = from.tickets;
  }
}
