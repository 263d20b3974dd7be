// The physical CPUs, and which of them an entity may come to.
import type { Entity } from './entity';
import type { Order } from './order';
import { Pcpu } from './pcpu';

export class Places {
  /** Those that were switched off stay in the list. */
  readonly list: Pcpu[] = [];

  grow(count: number): void {
    while (this.list.length < count) this.list.push(new Pcpu(this.list.length));
  }

  /** Back to when there were fewer. */
  shrink(count: number): void {
    this.list.length = Math.min(this.list.length, count);
  }

  get online(): number {
    return this.list.filter(({ online }) => online).length;
  }

  /** Where none of the pCPUs that it may run on is there, it may run on any. */
  allows(entity: Entity, pcpu: Pcpu): boolean {
    if (!pcpu.online) return false;
    return entity.mayRunOn(pcpu.id) || !this.list.some((other) => other.online && entity.mayRunOn(other.id));
  }

  idleFor(entity: Entity): Pcpu | undefined {
    return this.list.find((pcpu) => pcpu.isIdle && this.allows(entity, pcpu));
  }

  /** Its last pCPU if idle, else an idle one it may run on, else its last, else the one where the fewest wait. */
  choose(entity: Entity, order: Order): Pcpu {
    const last = this.list[entity.pcpu]!;
    const allowed = this.list.filter((pcpu) => this.allows(entity, pcpu));
    const drawn = entity.absolute ? undefined : order.drawPcpu(allowed);
    if (drawn !== undefined) return drawn;
    const mayStay = allowed.includes(last);
    if (mayStay && last.isIdle) return last;
    const idle = allowed.find((pcpu) => pcpu.isIdle);
    if (idle !== undefined || mayStay) return idle ?? last;
    return allowed.reduce((best, pcpu) => (pcpu.waiting.length < best.waiting.length ? pcpu : best));
  }

  /** Where the most wait of which one may run on `pcpu`. */
  longestQueue(pcpu: Pcpu): Pcpu | undefined {
    let longest: Pcpu | undefined;
    for (const other of this.list) {
      if (other === pcpu || !other.waiting.some((entity) => this.allows(entity, pcpu))) continue;
      if (longest === undefined || other.waiting.length > longest.waiting.length) longest = other;
    }
    return longest;
  }
}
