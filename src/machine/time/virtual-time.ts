// Virtual time as devices, hypercalls and CPU instructions of one VM see it at this instant. Never runs backwards, whichever pCPU asks.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, VirtualNs } from '../../devices/ports';

/** Something that runs and knows its own time: a pCPU in the middle of a slice. */
export interface LocalClock {
  localNs(): VirtualNs;
}

/** The instant at which the host is: where what runs stands, or an event's deadline. */
export class HostInstant {
  private running: LocalClock | undefined;
  private eventNs: VirtualNs | undefined;

  get ns(): VirtualNs | undefined {
    return this.eventNs ?? this.running?.localNs();
  }

  /** Runs `body` with the clocks standing at an event's deadline. */
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

  /** Nothing runs, and no event happens. */
  clear(): void {
    this.running = undefined;
    this.eventNs = undefined;
  }
}

export class VirtualTime implements Clock, Stateful {
  /**
   * The latest time that anything of this VM was told. An exit's cost moves its pCPU ahead of pCPUs that have not come so far; what those read next is not earlier.
   * Each VM has its own: what one is told moves no clock of another.
   */
  private latestNs: VirtualNs = 0;

  constructor(private readonly instant: HostInstant) {}

  nowNs(): VirtualNs {
    const ownNs = this.instant.ns;
    if (ownNs !== undefined && ownNs > this.latestNs) this.latestNs = ownNs;
    return this.latestNs;
  }

  /** Where what runs stands, told to nobody. */
  runningNs(): VirtualNs | undefined {
    return this.instant.ns;
  }
  get toldNs(): VirtualNs {
    return this.latestNs;
  }
  /** What runs has read this time by itself. */
  told(ns: VirtualNs): void {
    if (ns > this.latestNs) this.latestNs = ns;
  }

  save(): SavedValue {
    return this.latestNs;
  }

  restore(state: SavedValue): void {
    this.latestNs = state as number;
  }
}
