// Going to other moments of a run: back to a snapshot, and forward from it as it was. Each way is a generator, resumed slice by slice, so that whoever drives
// the host stays in charge; it returns where it stands in the end.
import { historyErrors } from '../control/history-errors';
import type { StopReason, VcpuRef } from '../control/types';
import type { Host } from '../host';
import { type Journey, type Meeting, PastEvent, ToMoment, ToTime, Trail, type TrailStep } from './journey';
import { compareMoments, instructionsOf, type Moment, momentOf } from './moment';
import type { Recording } from './recording';

/** Virtual ns of one slice. */
const SLICE_NS = 500_000;
/** On the way to a moment snapshots are taken where so little is left (halved again and again): the next way back from there is short. */
const NEAR = 4;
const NEAR_LEAST = 4096;
/** `PastEvent` goes this far at first, then in ever smaller steps. */
const FIRST_STEP = 1 << 20;
const STEP_SHRINKS = 64;

/** Where somebody wants to be. */
export type Destination =
  | { readonly kind: 'moment'; readonly moment: Moment }
  /** Just before this virtual time. */
  | { readonly kind: 'time'; readonly virtualNs: number }
  /** Just before what makes this event of the trace. */
  | { readonly kind: 'event'; readonly event: number }
  | { readonly kind: 'begin' }
  /** As far as the run has come. */
  | { readonly kind: 'end' }
  /** One instruction (or delivery) of a vCPU less. */
  | { readonly kind: 'step-back'; readonly vm: number; readonly vcpu: number }
  /** Where a stop point was met last. `touched`: also by the instruction that has just run. */
  | { readonly kind: 'last-hit'; readonly touched: boolean };

export interface Arrival {
  readonly at: VcpuRef | undefined;
  readonly reason: StopReason;
}

export type Way<T> = Generator<void, T, void>;

const ARRIVED: Arrival = { at: undefined, reason: { kind: 'travel', beginning: false } };
const AT_BEGINNING: Arrival = { at: undefined, reason: { kind: 'travel', beginning: true } };

export class Travel {
  /** The furthest moment of this run; undefined: the present is. */
  end: Moment | undefined;

  constructor(
    private readonly host: Host,
    private readonly recording: Recording,
  ) {}

  private get store() {
    return this.recording.store;
  }
  private get now(): Moment {
    return momentOf(this.host);
  }

  /** The present is not as far as the run has come. */
  get isPast(): boolean {
    if (this.end !== undefined && compareMoments(this.now, this.end) >= 0) this.end = undefined;
    return this.end !== undefined;
  }

  /** From here on something else happens. */
  fork(): void {
    this.end = undefined;
    this.host.inputs.forget();
  }

  *to(destination: Destination): Way<Arrival> {
    this.depart();
    switch (destination.kind) {
      case 'moment':
        yield* this.toMoment(destination.moment);
        return ARRIVED;
      case 'time':
        return yield* this.toTime(destination.virtualNs);
      case 'event':
        return yield* this.toEvent(destination.event);
      case 'begin':
        this.recording.restore(0);
        return AT_BEGINNING;
      case 'end':
        yield* this.toMoment(this.end!);
        return ARRIVED;
      case 'step-back':
        return yield* this.stepBack(destination.vm, destination.vcpu);
      case 'last-hit':
        return yield* this.lastHit(destination.touched);
    }
  }

  private depart(): void {
    this.host.loop.settle();
    if (!this.isPast) this.end = this.now;
  }

  /** Slice by slice until it has arrived. */
  private *go(journey: Journey, between: () => void = () => {}): Way<void> {
    const { control } = this.host;
    control.journey = journey;
    try {
      while (!journey.arrived) {
        const result = control.travelSlice(SLICE_NS, journey.horizonNs);
        if (journey.arrived) break;
        if (result === 'exited') {
          this.host.loop.settle();
          if (journey.over()) break;
        }
        if (result !== 'again' || (journey instanceof ToMoment && journey.isLost)) throw historyErrors.lost();
        this.recording.hold();
        between();
        yield;
      }
    } finally {
      control.journey = undefined;
    }
  }

  /** Forward to a moment; `pieces`: so many snapshots on the way, evenly. */
  private *forward(journey: ToMoment, to: Moment, pieces: number): Way<void> {
    const from = instructionsOf(this.now);
    const whole = instructionsOf(to) - from;
    const marks: number[] = [];
    for (let piece = 1; piece < pieces; piece++) marks.push(from + Math.floor((whole * piece) / pieces));
    for (let left = Math.floor(whole / pieces / NEAR); left > NEAR_LEAST; left = Math.floor(left / NEAR)) marks.push(from + whole - left);
    const passed = (): void => {
      const done = this.host.instructions;
      if (marks.length === 0 || done < marks[0]!) return;
      while (marks.length > 0 && marks[0]! <= done) marks.shift();
      this.recording.take();
    };
    yield* this.go(journey, passed);
  }

  private *toMoment(to: Moment): Way<void> {
    const order = compareMoments(to, this.now);
    if (order === 0) return;
    if (order < 0) {
      const from = this.store.lastBefore(to, true);
      if (from < 0) throw historyErrors.lost();
      this.recording.restore(from);
    }
    if (compareMoments(to, this.now) !== 0) yield* this.forward(new ToMoment(this.host, to), to, 1);
  }

  private *toTime(virtualNs: number): Way<Arrival> {
    if (virtualNs >= this.end!.reachedNs) {
      if (virtualNs > this.end!.reachedNs) throw historyErrors.ahead();
      yield* this.toMoment(this.end!);
      return ARRIVED;
    }
    const isBefore = (moment: Moment): boolean => Math.max(moment.reachedNs, ...moment.clocksNs) <= virtualNs;
    if (!isBefore(this.now)) {
      const from = this.store.all.findLastIndex(({ moment }) => isBefore(moment));
      this.recording.restore(Math.max(0, from));
      if (from < 0) return AT_BEGINNING;
    }
    yield* this.go(new ToTime(this.host, virtualNs));
    return ARRIVED;
  }

  private *toEvent(event: number): Way<Arrival> {
    if (event >= this.end!.event) throw historyErrors.ahead();
    let from = this.store.all.findLastIndex(({ moment }) => moment.event <= event);
    if (from < 0) {
      this.recording.restore(0);
      return AT_BEGINNING;
    }
    for (let step = FIRST_STEP; ; step = Math.max(1, Math.floor(step / STEP_SHRINKS))) {
      this.recording.restore(from);
      const journey = new PastEvent(this.host, event, step);
      yield* this.go(journey);
      const before = journey.before ?? this.store.all[from]!.moment;
      yield* this.toMoment(before);
      if (step === 1) return ARRIVED;
      this.recording.take();
      from = this.store.lastBefore(before, true);
    }
  }

  private *stepBack(vm: number, vcpu: number): Way<Arrival> {
    const steps = yield* this.trail(vm, vcpu, Math.max(0, this.host.vcpu(vm, vcpu).retired() - 1));
    const last = steps.at(-1);
    if (last === undefined) {
      this.recording.restore(0);
      return AT_BEGINNING;
    }
    yield* this.toMoment(last.moment);
    return { at: { vm, vcpu }, reason: { kind: 'step', diverted: false } };
  }

  /** What a vCPU has run since it had retired so many instructions, up to the present, which stays. Its present place is not in it. */
  *trail(vm: number, vcpu: number, fromRetired: number): Way<readonly TrailStep[]> {
    this.depart();
    const to = this.now;
    const of = this.host.vcpu(vm, vcpu);
    const { state } = of;
    const here = { retired: of.retired(), rip: state.u64('rip'), rsp: state.gpr(4) };
    const from = this.store.all.findLastIndex(({ moment }) => moment.retired[vm]![vcpu]! <= fromRetired && compareMoments(moment, to) < 0);
    const begin = from < 0 ? 0 : from;
    if (compareMoments(this.store.all[begin]!.moment, to) >= 0) return [];
    this.recording.restore(begin);
    const trail = new Trail(this.host, to, of, fromRetired);
    yield* this.forward(trail, to, 1);
    const last = trail.steps.at(-1);
    if (last !== undefined && last.retired === here.retired && last.rip === here.rip && last.rsp === here.rsp) trail.steps.pop();
    return trail.steps;
  }

  /** Interval by interval: what was met last in it, before where we come from. */
  private *lastHit(touched: boolean): Way<Arrival> {
    const present = this.now;
    let to = present;
    for (;;) {
      let from = this.store.lastBefore(to, false);
      while (from >= 0 && this.recording.isQuiet(from)) to = this.store.all[from--]!.moment;
      if (from < 0) {
        this.recording.restore(0);
        return AT_BEGINNING;
      }
      this.recording.restore(from);
      const begin = this.store.all[from]!.moment;
      let last: Meeting | undefined;
      const until = to;
      const journey = new ToMoment(this.host, until, (meeting) => {
        // What has just touched memory stands behind it: where a search ends, another begins with it.
        const order = compareMoments(meeting.moment, until);
        if (order < 0 || (order === 0 && (until !== present || touched))) last = meeting;
      });
      yield* this.forward(journey, until, PIECES);
      if (last !== undefined) {
        yield* this.toMoment(last.moment);
        return { at: { vm: last.vm, vcpu: last.vcpu }, reason: last.reason };
      }
      to = begin;
    }
  }
}

/** Snapshots on the way through an interval that is searched. */
const PIECES = 6;
