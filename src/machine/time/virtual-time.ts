// The host's virtual time as devices, hypercalls and CPU instructions see it at this instant. Never runs backwards, whichever pCPU asks.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, VirtualNs } from '../../devices/ports';

/** Something that runs and knows its own time: a pCPU in the middle of a slice. */
export interface LocalClock {
  localNs(): VirtualNs;
}

export class VirtualTime implements Clock, Stateful {
  private running: LocalClock | undefined;
  private eventNs: VirtualNs | undefined;
  /**
   * The latest time that anything was told. An exit's cost moves its pCPU ahead of pCPUs that have not come so far; what those read next is not earlier.
   */
  private latestNs: VirtualNs = 0;

  nowNs(): VirtualNs {
    const ownNs = this.runningNs();
    if (ownNs !== undefined && ownNs > this.latestNs) this.latestNs = ownNs;
    return this.latestNs;
  }

  /** Where what runs stands, told to nobody. */
  runningNs(): VirtualNs | undefined {
    return this.eventNs ?? this.running?.localNs();
  }
  get toldNs(): VirtualNs {
    return this.latestNs;
  }
  /** What runs has read this time by itself. */
  told(ns: VirtualNs): void {
    if (ns > this.latestNs) this.latestNs = ns;
  }

  /** Runs `body` with the clock standing at an event's deadline. */
  duringEvent(deadlineNs: VirtualNs, body: () => void): void {
    const outer = this.eventNs;
    this.eventNs = deadlineNs;
    try {
      body();
    } finally {
      this.eventNs = outer;
    }
  }

  enter(clock: LocalClock | undefined): void {
    this.running = clock;
  }

  save(): SavedValue {
    return this.latestNs;
  }

  restore(state: SavedValue): void {
    this.latestNs = state as number;
    this.running = undefined;
    this.eventNs = undefined;
  }
}
