// The way to another moment of a run that is gone through again: how far vCPUs may run until it is there, and what is met on the way.
import type { VirtualNs } from '../../devices/ports';
import type { StopReason } from '../control/types';
import type { Host } from '../host';
import type { Vcpu } from '../vm/vcpu';
import { compareMoments, instructionsOf, type Moment, momentOf } from './moment';

export interface Journey {
  readonly arrived: boolean;
  /** Timers are let expire up to here while nothing runs. */
  readonly horizonNs: VirtualNs;
  /** The vCPU is about to run: instructions that it may; 0: this is the place. */
  allowance(vcpu: Vcpu): number;
  /** Nothing runs. True: this is the place. */
  idle(): boolean;
  met(vcpu: Vcpu, reason: StopReason): void;
  /** The run is over. True: this is the place. */
  over(): boolean;
}

/** Something that would have stopped the run. */
export interface Meeting {
  readonly vm: number;
  readonly vcpu: number;
  readonly reason: StopReason;
  readonly moment: Moment;
}

/** To a moment that lies ahead. Tells what is met before it. */
export class ToMoment implements Journey {
  arrived = false;
  readonly horizonNs: VirtualNs;
  /** Met, and the run has not come to its next moment yet. */
  private fresh: Omit<Meeting, 'moment'>[] = [];

  constructor(
    private readonly host: Host,
    private readonly to: Moment,
    private readonly onMeeting: (meeting: Meeting) => void = () => {},
  ) {
    this.horizonNs = to.reachedNs;
  }

  allowance(vcpu: Vcpu): number {
    if (this.fresh.length > 0) this.tell();
    const left = this.to.retired[this.host.vmOf(vcpu).index]![vcpu.index]! - vcpu.retired();
    if (left > 0) return left;
    this.look();
    return this.arrived ? 0 : 1;
  }

  idle(): boolean {
    if (this.fresh.length > 0) this.tell();
    this.look();
    return this.arrived;
  }

  over(): boolean {
    return this.idle();
  }

  /** The run is not what it was. */
  get isLost(): boolean {
    const now = momentOf(this.host);
    return instructionsOf(now) > instructionsOf(this.to) || now.event > this.to.event;
  }

  protected get now(): Moment {
    return momentOf(this.host);
  }

  private look(): void {
    this.arrived = compareMoments(momentOf(this.host), this.to) === 0;
  }

  met(vcpu: Vcpu, reason: StopReason): void {
    const meeting = { vm: this.host.vmOf(vcpu).index, vcpu: vcpu.index, reason };
    if (isAtBorder(reason)) this.onMeeting({ ...meeting, moment: momentOf(this.host) });
    else this.fresh.push(meeting);
  }

  private tell(): void {
    const moment = momentOf(this.host);
    for (const each of this.fresh) this.onMeeting({ ...each, moment });
    this.fresh = [];
  }
}

/** The instruction is looked at just before it runs; everything else is told behind what runs. */
const isAtBorder = (reason: StopReason): boolean =>
  reason.kind === 'hypercall' || (reason.kind === 'event' && ['msr', 'port'].includes(reason.event.class));

/** To the first moment at which everything that happens before an instant has happened. */
export class ToTime implements Journey {
  arrived = false;

  constructor(
    private readonly host: Host,
    readonly horizonNs: VirtualNs,
  ) {}

  allowance(vcpu: Vcpu): number {
    const left = this.horizonNs - vcpu.localNs();
    this.arrived = left <= 0;
    return Math.max(0, left);
  }
  idle(): boolean {
    const { nextDeadlineNs, nextGuestDeadlineNs } = this.host.events;
    this.arrived = nextGuestDeadlineNs === undefined || (nextDeadlineNs ?? 0) > this.horizonNs;
    return this.arrived;
  }
  met(): void {}
  over(): boolean {
    this.arrived = true;
    return true;
  }
}

/** On until an event of the trace has happened, no more than `step` instructions at a time; `before`: the last moment at which it had not. */
export class PastEvent implements Journey {
  readonly horizonNs = Number.POSITIVE_INFINITY;
  before: Moment | undefined;

  constructor(
    private readonly host: Host,
    private readonly event: number,
    private readonly step: number,
  ) {}

  get arrived(): boolean {
    return this.host.recorder.nextSequence > this.event;
  }
  allowance(): number {
    return this.idle() ? 0 : this.step;
  }
  idle(): boolean {
    if (!this.arrived) this.before = momentOf(this.host);
    return this.arrived;
  }
  met(): void {}
  over(): boolean {
    return this.idle();
  }
}

/** One instruction's place on the way. */
export interface TrailStep {
  readonly moment: Moment;
  readonly retired: number;
  readonly rip: bigint;
  /** CS.base + RIP. */
  readonly linear: bigint;
  readonly rsp: bigint;
  readonly rbp: bigint;
  readonly mode: number;
}

/** To a moment, with every instruction noted that one vCPU runs from a count of retired instructions on. */
export class Trail extends ToMoment {
  readonly steps: TrailStep[] = [];

  constructor(
    host: Host,
    to: Moment,
    private readonly of: Vcpu,
    private readonly fromRetired: number,
  ) {
    super(host, to);
  }

  override allowance(vcpu: Vcpu): number {
    const most = super.allowance(vcpu);
    if (vcpu !== this.of || most <= 0) return most;
    const left = this.fromRetired - vcpu.retired();
    if (left > 0) return Math.min(left, most);
    this.note();
    return 1;
  }

  private note(): void {
    const { state } = this.of;
    const rip = state.u64('rip');
    const step: TrailStep = {
      moment: this.now,
      retired: this.of.retired(),
      rip,
      linear: BigInt.asUintN(64, state.segmentBase(1) + rip),
      rsp: state.gpr(4),
      rbp: state.gpr(5),
      mode: state.u32('mode'),
    };
    const last = this.steps.at(-1);
    // Nothing of it has run yet: it waited for another pCPU.
    if (last !== undefined && last.retired === step.retired && last.rip === rip && last.rsp === step.rsp) this.steps.pop();
    this.steps.push(step);
  }
}
