// Takes samples of a profile: each vCPU is looked at whenever its running time (or count of instructions) passes a multiple of the distance.
//
// The sample points are a matter of the run alone: a slice is cut there, which changes nothing (see run-loop), and the same run gives the same samples.
// A point that lies in an exit is the hypervisor's: the last event of the vCPU says which exit that was.
import type { TraceEvent, TracePeek } from '../../trace/reader';
import type { ProfileBatch, ProfileOptions, ProfileSample } from '../control/profile-types';
import type { Host } from '../host';
import { modeName } from '../registers';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';
import { SampleRoom } from './sample-room';

/** Samples that wait for a reader. When it is full, nothing runs until it has been read: none is lost. */
const CAPACITY = 2048;
/** How many events are looked through for the exit at hand. */
const RECENT = 16;

type Waiting = Omit<ProfileSample, 'registers' | 'stack'> & { readonly stackLength: number };

export class Sampler {
  private options: ProfileOptions | undefined;
  /** The next sample point of each vCPU. */
  private readonly next = new Map<Vcpu, number>();
  private waiting: Waiting[] = [];
  private room: SampleRoom | undefined;
  private readonly peek: TracePeek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };
  /** With stacks of another length. */
  private taken: ProfileSample[] = [];

  constructor(private readonly host: Host) {}

  /** From the next point of each vCPU on; null: no more. What was taken already can still be read. */
  start(options: ProfileOptions | null): void {
    if (options !== null && options.stackBytes !== this.room?.stackBytes) {
      this.taken.push(...this.unpack());
      this.room = new SampleRoom(options.stackBytes);
    }
    this.options = options ?? undefined;
    this.next.clear();
  }

  get isFull(): boolean {
    return this.waiting.length >= CAPACITY;
  }

  /** Each sample is read once. */
  take(): ProfileBatch {
    const samples = this.taken.concat(this.unpack());
    this.taken = [];
    return { samples, options: this.options ?? null };
  }

  private unpack(): ProfileSample[] {
    const { waiting, room } = this;
    if (waiting.length === 0 || room === undefined) return [];
    this.waiting = [];
    const words = room.take();
    return waiting.map(({ vm, vcpu, atNs, ordinal, weight, cpl, mode, host, stackLength }, i) => {
      const { registers, stack } = words(i, stackLength);
      return { vm, vcpu, atNs, ordinal, weight, cpl, mode, registers, stack, host };
    });
  }

  private count(vcpu: Vcpu, unit: ProfileOptions['unit']): number {
    return unit === 'instructions' ? vcpu.retired() : vcpu.entity.account.ns('running', vcpu.localNs());
  }

  private nextOf(vcpu: Vcpu, options: ProfileOptions): number {
    let next = this.next.get(vcpu);
    if (next === undefined) {
      next = (Math.floor(this.count(vcpu, options.unit) / options.every) + 1) * options.every;
      this.next.set(vcpu, next);
    }
    return next;
  }

  /** What a vCPU may run until it is to be looked at. */
  allowance(vcpu: Vcpu): number {
    const { options } = this;
    if (options === undefined) return Number.POSITIVE_INFINITY;
    // Time may have been charged since, between two calls.
    this.ran(vcpu);
    return this.nextOf(vcpu, options) - this.count(vcpu, options.unit);
  }

  /** After every call of an engine. */
  ran(vcpu: Vcpu): void {
    const { options, room } = this;
    if (options === undefined || room === undefined) return;
    const ordinal = this.nextOf(vcpu, options);
    const now = this.count(vcpu, options.unit);
    if (now < ordinal) return;
    const weight = Math.floor((now - ordinal) / options.every) + 1;
    this.next.set(vcpu, ordinal + weight * options.every);
    this.sample(vcpu, room, options.unit, ordinal, weight, now - ordinal);
  }

  /** The run was gone back, or goes on from a saved state. */
  moved(): void {
    this.next.clear();
  }

  private sample(vcpu: Vcpu, room: SampleRoom, unit: ProfileOptions['unit'], ordinal: number, weight: number, past: number): void {
    const { state } = vcpu;
    const vm = this.host.vmOf(vcpu);
    const atNs = vcpu.localNs() - (unit === 'ns' ? past : 0);
    const host = unit === 'ns' && past > 0 ? this.exitAt(vm, vcpu, atNs) : undefined;
    const stackLength = room.add(vm, vcpu);
    if (host !== undefined) room.backTo(host.rip);
    const [cpl, mode] = [state.u32('cpl'), modeName(state)];
    this.waiting.push({ vm: vm.index, vcpu: vcpu.index, atNs, ordinal, weight, cpl, mode, host, stackLength });
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
