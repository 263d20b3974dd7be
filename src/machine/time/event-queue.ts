// Timers in virtual time, by name. The order in which they expire is total: time, then class, then the order in which they were armed.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, VirtualNs } from '../../devices/ports';

/**
 * `input`: logged inputs, before everything else of their instant; they take no sequence number, so that a replay that knows them all from the start is the same run.
 * `guest`: devices and vCPUs. `background`: what goes on without any guest (neighbours); it keeps no host awake.
 */
export const EventClass = { input: 0, guest: 1, background: 2 } as const;
export type EventClass = (typeof EventClass)[keyof typeof EventClass];

/** Nothing happens later than this (52 days): sums of times stay exact. A timer that is set to a later time is armed and never expires. */
export const END_OF_TIME_NS = 2 ** 52;

class QueueTimer implements Timer {
  deadlineNs: VirtualNs | undefined = undefined;
  sequence = 0;

  constructor(
    private readonly queue: EventQueue,
    readonly name: string,
    readonly eventClass: EventClass,
    readonly onExpire: (deadlineNs: VirtualNs) => void,
  ) {}

  arm(atNs: VirtualNs): void {
    assert(Number.isInteger(atNs) && atNs >= 0, `timer ${this.name} armed at ${atNs}`);
    this.deadlineNs = Math.min(atNs, Number.MAX_SAFE_INTEGER);
    this.sequence = this.eventClass === EventClass.input ? 0 : this.queue.nextSequence++;
    this.queue.changed(atNs);
  }

  cancel(): void {
    if (this.deadlineNs === undefined) return;
    this.deadlineNs = undefined;
    this.queue.changed(undefined);
  }
}

const before = (a: QueueTimer, b: QueueTimer): boolean => {
  const byTime = (a.deadlineNs ?? 0) - (b.deadlineNs ?? 0);
  if (byTime !== 0) return byTime < 0;
  return a.eventClass === b.eventClass ? a.sequence < b.sequence : a.eventClass < b.eventClass;
};

export class EventQueue implements Stateful {
  private readonly timers = new Map<string, QueueTimer>();
  private first: QueueTimer | undefined;
  private stale = false;
  nextSequence = 1;
  /** Called when a timer is armed: whoever runs ahead must not pass the new deadline. */
  onArmed: (deadlineNs: VirtualNs) => void = () => {};

  create(name: string, eventClass: EventClass, onExpire: (deadlineNs: VirtualNs) => void): Timer {
    assert(!this.timers.has(name), `two timers are named ${name}`);
    const timer = new QueueTimer(this, name, eventClass, onExpire);
    this.timers.set(name, timer);
    return timer;
  }

  changed(armedNs: VirtualNs | undefined): void {
    this.stale = true;
    if (armedNs !== undefined) this.onArmed(armedNs);
  }

  private earliest(): QueueTimer | undefined {
    if (!this.stale) return this.first;
    this.stale = false;
    let best: QueueTimer | undefined;
    for (const timer of this.timers.values()) {
      if (timer.deadlineNs !== undefined && timer.deadlineNs <= END_OF_TIME_NS && (best === undefined || before(timer, best))) best = timer;
    }
    this.first = best;
    return best;
  }

  get nextDeadlineNs(): VirtualNs | undefined {
    return this.earliest()?.deadlineNs;
  }

  /** The next deadline that can change something for a guest: neighbours do not count. */
  get nextGuestDeadlineNs(): VirtualNs | undefined {
    let best: VirtualNs | undefined;
    for (const timer of this.timers.values()) {
      if (timer.eventClass === EventClass.background || timer.deadlineNs === undefined || timer.deadlineNs > END_OF_TIME_NS) continue;
      if (best === undefined || timer.deadlineNs < best) best = timer.deadlineNs;
    }
    return best;
  }

  /** Armed timers in the order in which they expire. */
  get pending(): { name: string; deadlineNs: VirtualNs; eventClass: EventClass }[] {
    return [...this.timers.values()]
      .filter(({ deadlineNs }) => deadlineNs !== undefined)
      .sort((a, b) => (before(a, b) ? -1 : 1))
      .map(({ name, deadlineNs = 0, eventClass }) => ({ name, deadlineNs, eventClass }));
  }

  /** Takes the first timer off the queue. */
  pop(): { deadlineNs: VirtualNs; run: () => void } | undefined {
    const timer = this.earliest();
    if (timer?.deadlineNs === undefined) return undefined;
    const deadlineNs = timer.deadlineNs;
    timer.deadlineNs = undefined;
    this.stale = true;
    return { deadlineNs, run: () => timer.onExpire(deadlineNs) };
  }

  /** Inputs still to come are kept by the input log, not here. */
  save(): SavedValue {
    const armed = [...this.timers.values()].filter((timer) => timer.deadlineNs !== undefined && timer.eventClass !== EventClass.input);
    armed.sort((a, b) => (before(a, b) ? -1 : 1));
    return { nextSequence: this.nextSequence, armed: armed.map((timer) => [timer.name, timer.deadlineNs ?? 0, timer.sequence]) };
  }

  restore(state: SavedValue): void {
    const { nextSequence, armed } = state as { nextSequence: number; armed: [string, number, number][] };
    for (const timer of this.timers.values()) if (timer.eventClass !== EventClass.input) timer.deadlineNs = undefined;
    for (const [name, deadlineNs, sequence] of armed) {
      const timer = this.timers.get(name);
      assert(timer !== undefined, `a snapshot arms a timer ${name} that does not exist`);
      timer.deadlineNs = deadlineNs;
      timer.sequence = sequence;
    }
    this.nextSequence = nextSequence;
    this.stale = true;
  }
}
