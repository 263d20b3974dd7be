// Ticks of a periodic timer: those that came, and those that came while the one before was still to be taken, and so were lost. A hypervisor may give lost
// ticks later, one after the other (KVM does so for the PIT: "reinjection"); else the guest's clock by ticks is behind from then on.
import type { TickSource } from '../trace/rows';
import type { DeviceState } from './device-state';

export type TickPolicy = 'lost' | 'catch-up';

/** Told of what becomes of ticks: `behind` is by how many ticks the guest's count has fallen behind (more than 0) or caught up (less). */
export type TickListener = (source: TickSource, apicId: number, behind: number, periodNs: number) => void;

export type TickState = DeviceState & {
  ticks: number;
  lost: number;
  /** Lost ones that are still to be given. */
  owed: number;
};

/** More are never given later: a guest that slept through them has no use for them. */
const MOST_OWED = 10_000;

export const initialTicks = (): TickState => ({ ticks: 0, lost: 0, owed: 0 });

export class TickCount {
  readonly state = initialTicks();

  constructor(
    private readonly source: TickSource,
    private readonly apicId: number,
    private readonly policy: TickPolicy,
    private readonly listener: TickListener,
  ) {}

  /** So many came, of which so many found the one before still there. */
  came(ticks: number, merged: number, periodNs: number): void {
    const { state } = this;
    state.ticks += ticks;
    if (merged === 0) return;
    state.lost += merged;
    if (this.policy === 'catch-up') state.owed = Math.min(MOST_OWED, state.owed + merged);
    this.listener(this.source, this.apicId, merged, periodNs);
  }

  /** There is room for a tick: true where one is owed, and it is given now. */
  giveOwed(periodNs: number): boolean {
    const { state } = this;
    if (state.owed === 0) return false;
    state.owed--;
    state.lost--;
    this.listener(this.source, this.apicId, -1, periodNs);
    return true;
  }

  get owes(): boolean {
    return this.state.owed > 0;
  }

  /** The timer is set anew, or nobody wants its ticks: nothing is owed any more. */
  forget(): void {
    this.state.owed = 0;
  }

  reset(): void {
    Object.assign(this.state, initialTicks());
  }
}
