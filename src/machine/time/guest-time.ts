// The time that a VM's own clocks show: virtual time, less what it was held while its clocks stood still. TSC, kvmclock and every timer of a device are on it; the scheduler, the
// accounts and the trace are on the host's.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, Timer, Timers, VirtualNs } from '../../devices/ports';
import type { VirtualTime } from './virtual-time';

/** A timer that is set in the VM's time, and waits in the host's queue unless the VM's clocks stand still. */
class GuestTimer implements Timer {
  /** When it is due, while the clocks stand still. */
  keptNs: VirtualNs | undefined;

  constructor(
    private readonly time: GuestTime,
    private readonly inner: Timer,
  ) {}

  get deadlineNs(): VirtualNs | undefined {
    if (this.keptNs !== undefined) return this.keptNs;
    return this.inner.deadlineNs === undefined ? undefined : this.inner.deadlineNs - this.time.lagNs;
  }
  arm(atNs: VirtualNs): void {
    if (this.time.stands) this.keptNs = atNs;
    else this.inner.arm(Math.min(atNs + this.time.lagNs, Number.MAX_SAFE_INTEGER));
  }
  cancel(): void {
    this.keptNs = undefined;
    this.inner.cancel();
  }
  /** Off the host's queue, or onto it again. */
  keep(): void {
    const { deadlineNs } = this;
    this.inner.cancel();
    this.keptNs = deadlineNs;
  }
  giveBack(): void {
    const { keptNs } = this;
    this.keptNs = undefined;
    if (keptNs !== undefined) this.arm(keptNs);
  }
}

export class GuestTime implements Clock, Stateful {
  /** How far it is behind the host's virtual time. */
  lagNs = 0;
  /** On the host's clock: since when it stands still. */
  private sinceNs: VirtualNs | undefined;
  private readonly made = new Map<string, GuestTimer>();

  constructor(private readonly time: VirtualTime) {}

  get stands(): boolean {
    return this.sinceNs !== undefined;
  }

  nowNs(): VirtualNs {
    return this.ofHost(this.time.nowNs());
  }

  ofHost(hostNs: VirtualNs): VirtualNs {
    return Math.min(hostNs, this.sinceNs ?? hostNs) - this.lagNs;
  }

  timers(inner: Timers): Timers {
    return {
      create: (name, onExpire) => {
        const timer = new GuestTimer(
          this,
          inner.create(name, (deadlineNs) => onExpire(deadlineNs - this.lagNs)),
        );
        this.made.set(name, timer);
        return timer;
      },
    };
  }

  /** From here on all of its clocks stand still, and none of its timers expires. */
  stop(atNs: VirtualNs): void {
    assert(!this.stands, 'its clocks stand still already');
    for (const timer of this.made.values()) timer.keep();
    this.sinceNs = Math.max(atNs, this.time.toldNs);
  }

  /** What waits while the clocks stand still, and how long each still has to wait when they go on. */
  get held(): { name: string; leftNs: number }[] {
    const { sinceNs } = this;
    if (sinceNs === undefined) return [];
    // Looking tells nobody the time.
    const nowNs = sinceNs - this.lagNs;
    return [...this.made]
      .flatMap(([name, { keptNs }]) => (keptNs === undefined ? [] : [{ name, leftNs: Math.max(0, keptNs - nowNs) }]))
      .sort((a, b) => a.leftNs - b.leftNs);
  }

  /** They go on where they stopped. */
  goOn(atNs: VirtualNs): void {
    const { sinceNs } = this;
    assert(sinceNs !== undefined && atNs >= sinceNs, 'its clocks do not stand still');
    this.sinceNs = undefined;
    this.lagNs += atNs - sinceNs;
    this.time.told(atNs);
    for (const timer of this.made.values()) timer.giveBack();
  }

  save(): SavedValue {
    const kept = [...this.made].filter(([, { keptNs }]) => keptNs !== undefined).map(([name, { keptNs }]) => [name, keptNs!]);
    return { lagNs: this.lagNs, sinceNs: this.sinceNs ?? null, kept };
  }

  /** Timers in the host's queue come with that. */
  restore(saved: SavedValue): void {
    const from = saved as { lagNs: number; sinceNs: number | null; kept: [string, number][] };
    this.lagNs = from.lagNs;
    this.sinceNs = from.sinceNs ?? undefined;
    for (const timer of this.made.values()) timer.keptNs = undefined;
    for (const [name, atNs] of from.kept) this.made.get(name)!.keptNs = atNs;
  }
}
