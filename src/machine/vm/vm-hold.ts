// A VM that is held: none of its vCPUs runs; its clocks stop, or run on and the guest is told afterwards.
import { assert } from '../../base/assert';
import type { VirtualNs } from '../../devices/ports';
import type { PvInterface } from '../../pv/interface';
import type { HeldClock } from '../control/types';
import type { Scheduler } from '../sched/scheduler';
import type { GuestTime } from '../time/guest-time';
import type { HostInstant, VirtualTime } from '../time/virtual-time';
import type { Vcpu } from './vcpu';

export interface VmHoldParts {
  readonly vcpus: readonly Vcpu[];
  readonly scheduler: Scheduler;
  readonly instant: HostInstant;
  readonly time: VirtualTime;
  readonly clock: GuestTime;
  pv(): PvInterface | undefined;
}

export class VmHold {
  /** Since when. */
  private heldNs: VirtualNs | undefined;

  constructor(private readonly parts: VmHoldParts) {}

  get isHeld(): boolean {
    return this.heldNs !== undefined;
  }
  /** Timers that wait until its clocks go on. */
  get timers(): { name: string; leftNs: number }[] {
    return this.parts.clock.held;
  }

  hold(clock: HeldClock, atNs: VirtualNs): void {
    const { scheduler, time, vcpus } = this.parts;
    for (const { entity } of vcpus) scheduler.holds.holdVm(entity, atNs);
    this.heldNs = Math.max(atNs, time.toldNs, ...vcpus.map(({ entity }) => entity.account.sinceNs));
    if (clock === 'stops') this.parts.clock.stop(this.heldNs);
  }

  letGo(atNs: VirtualNs): void {
    assert(this.heldNs !== undefined, 'a VM that is not held is let go');
    const { clock, instant, vcpus } = this.parts;
    const freeNs = Math.max(atNs, this.heldNs);
    this.heldNs = undefined;
    instant.duringEvent(freeNs, () => {
      if (clock.stands) clock.goOn(freeNs);
      else this.parts.pv()?.guestStopped?.();
    });
    for (const vcpu of vcpus) vcpu.letGo(freeNs);
  }

  save(): number | null {
    return this.heldNs ?? null;
  }
  restore(saved: number | null): void {
    this.heldNs = saved ?? undefined;
  }
}
