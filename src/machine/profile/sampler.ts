// Takes samples of a profile: each vCPU is looked at whenever its running time (or count of instructions) passes a multiple of the distance.
//
// The sample points are a matter of the run alone: a slice is cut there, which changes nothing (see run-loop), and the same run gives the same samples.
// A point that lies in an exit is the hypervisor's: the last event of the vCPU says which exit that was.
import type { TraceEvent, TracePeek } from '../../trace/reader';
import type { ProfileBatch, ProfileOptions, ProfileSample } from '../control/profile-types';
import type { Host } from '../host';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';
import { SampleRoom } from './sample-room';

/** Samples that wait for a reader. When it is full, nothing runs until it has been read: none is lost. */
const CAPACITY = 2048;
/** How many events are looked through for the exit at hand. */
const RECENT = 16;

export class Sampler {
  private options: ProfileOptions | undefined;
  /** The next sample point of each vCPU. */
  private readonly next = new Map<Vcpu, number>();
  private room: SampleRoom | undefined;
  private readonly peek: TracePeek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };
  /** With stacks of another length. */
  private taken: ProfileSample[] = [];

  constructor(private readonly host: Host) {}

  /** From the next point of each vCPU on; null: no more. What was taken already can still be read. */
  start(options: ProfileOptions | null): void {
    if (options !== null && options.stackBytes !== this.room?.stackBytes) {
      this.taken.push(...(this.room?.take() ?? []));
      this.room = new SampleRoom(options.stackBytes);
    }
    this.options = options ?? undefined;
    this.moved();
  }

  get isFull(): boolean {
    return this.room !== undefined && this.room.count >= CAPACITY;
  }

  /** Each sample is read once. */
  take(): ProfileBatch {
    const { taken } = this;
    this.taken = [];
    const samples = this.room?.take() ?? [];
    return { samples: taken.length === 0 ? samples : taken.concat(samples), options: this.options ?? null };
  }

  private count(vcpu: Vcpu, unit: ProfileOptions['unit']): number {
    return unit === 'instructions' ? vcpu.retired() : vcpu.entity.account.ns('running', vcpu.localNs());
  }

  private nextOf(vcpu: Vcpu, now: number, every: number): number {
    let next = this.next.get(vcpu);
    if (next === undefined) {
      next = (Math.floor(now / every) + 1) * every;
      this.next.set(vcpu, next);
    }
    return next;
  }

  /** What a vCPU may run until it is to be looked at. Time may have been charged since, between two calls. */
  allowance(vcpu: Vcpu): number {
    const { options } = this;
    if (options === undefined) return Number.POSITIVE_INFINITY;
    const knownNs = vcpu.sampleDueNs - vcpu.localNs();
    if (knownNs > 0) return knownNs;
    const left = this.untilNext(vcpu, options);
    if (options.unit === 'ns') vcpu.sampleDueNs = vcpu.localNs() + left;
    return left;
  }

  /** After every call of an engine. */
  ran(vcpu: Vcpu): void {
    if (this.options !== undefined && vcpu.localNs() >= vcpu.sampleDueNs) this.untilNext(vcpu, this.options);
  }

  private untilNext(vcpu: Vcpu, { every, unit }: ProfileOptions): number {
    const now = this.count(vcpu, unit);
    const ordinal = this.nextOf(vcpu, now, every);
    if (now < ordinal) return ordinal - now;
    const weight = Math.floor((now - ordinal) / every) + 1;
    const next = ordinal + weight * every;
    this.next.set(vcpu, next);
    this.sample(vcpu, unit, ordinal, weight, now - ordinal);
    return next - now;
  }

  /** The run was gone back, or goes on from a saved state. */
  moved(): void {
    this.next.clear();
    for (const { vcpus } of this.host.vms) for (const vcpu of vcpus) vcpu.sampleDueNs = Number.NEGATIVE_INFINITY;
  }

  private sample(vcpu: Vcpu, unit: ProfileOptions['unit'], ordinal: number, weight: number, past: number): void {
    const vm = this.host.vmOf(vcpu);
    const atNs = vcpu.localNs() - (unit === 'ns' ? past : 0);
    const exit = unit === 'ns' && past > 0 ? this.exitAt(vm, vcpu, atNs) : undefined;
    this.room?.add(vm, vcpu, atNs, ordinal, weight, exit);
  }

  private exitAt(vm: Vm, vcpu: Vcpu, atNs: number): TraceEvent | undefined {
    const { recorder } = this.host;
    const { peek } = this;
    for (let seq = recorder.nextSequence - 1; seq >= Math.max(0, recorder.nextSequence - RECENT); seq--) {
      if (!recorder.reader.peek(seq, peek) || peek.vcpu !== vcpu.index) continue;
      if (peek.virtualNs > atNs || atNs >= peek.virtualNs + peek.durationNs) continue;
      const event = recorder.reader.at(seq);
      if (event?.vm === vm.index) return event;
    }
    return undefined;
  }
}
