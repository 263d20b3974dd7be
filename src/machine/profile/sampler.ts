// Takes samples of a profile: each vCPU is looked at whenever its running time (or count of instructions) passes a multiple of the distance.
//
// The sample points are a matter of the run alone: the engine stands there for a look (CpuEngine.onLook), which changes nothing, and the same run gives the same samples.
// A point that lies in an exit is the hypervisor's: the last event of the vCPU says which exit that was.
import type { VirtualNs } from '../../devices/ports';
import type { PeriodicLooks } from '../../engine/cpu-engine';
import type { TraceEvent, TracePeek } from '../../trace/reader';
import type { Learned, ProfileBatch, ProfileOptions } from '../control/profile-types';
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
  private room: SampleRoom | undefined;
  private readonly peek: TracePeek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };

  constructor(private readonly host: Host) {}

  /** From the next point of each vCPU on, and nothing of before is read any more; null: no more, but what was taken can still be read. */
  start(options: ProfileOptions | null): void {
    if (options !== null) this.room = new SampleRoom(options.stackBytes);
    this.options = options ?? undefined;
    for (const vm of this.host.vms) {
      vm.engine.onLook = (vcpu) => this.look(vm.vcpus[vcpu]!);
      vm.engine.stackTable.clear();
      vm.engine.lookPeriodically(options?.unit === 'ns' ? this.periodic(vm, options) : undefined);
    }
    this.moved();
  }

  /** Of what the engine does by itself, sample points are as far apart in running time as in the clock's. */
  private periodic(vm: Vm, { every, stackBytes }: ProfileOptions): PeriodicLooks {
    const taken: PeriodicLooks['taken'] = (index, at, length, cpl, mode, exit) => {
      const vcpu = vm.vcpus[index]!;
      const ordinal = vcpu.sampleNext!;
      this.room?.addTaken(vm, index, { at, length, cpl, mode, exit }, vcpu.sampleDueNs, ordinal);
      vcpu.sampleNext = ordinal + every;
      vcpu.sampleDueNs += every;
    };
    return { everyNs: every, stackBytes, taken };
  }

  get isFull(): boolean {
    return this.room !== undefined && this.room.count >= CAPACITY;
  }

  /** Each sample is read once. Stacks that were learned come as numbers from now on. */
  take(learned?: Learned): ProfileBatch {
    const { vms } = this.host;
    for (const vm of learned?.forget ?? []) vms[vm]?.engine.stackTable.clear();
    for (const stack of learned?.stacks ?? []) vms[stack.vm]?.engine.stackTable.add(stack);
    return { samples: this.room?.take() ?? [], options: this.options ?? null };
  }

  /** What a vCPU may run until it is to be looked at. `nowNs`: its pCPU's clock. Time may have been charged since, between two calls. */
  allowance(vcpu: Vcpu, nowNs: VirtualNs): number {
    const knownNs = vcpu.sampleDueNs - nowNs;
    return knownNs > 0 ? knownNs : this.look(vcpu);
  }

  /** After every call of an engine. */
  ran(vcpu: Vcpu, nowNs: VirtualNs): void {
    if (nowNs >= vcpu.sampleDueNs) this.look(vcpu);
  }

  /** Its running time goes on no faster than its clock, and no instruction takes less than a nanosecond. */
  private look(vcpu: Vcpu): number {
    const { options } = this;
    const nowNs = vcpu.localNs();
    const left = options === undefined ? Number.POSITIVE_INFINITY : this.untilNext(vcpu, nowNs, options);
    vcpu.sampleDueNs = nowNs + left;
    return left;
  }

  private untilNext(vcpu: Vcpu, nowNs: VirtualNs, { every, unit }: ProfileOptions): number {
    const now = unit === 'instructions' ? vcpu.retired() : vcpu.entity.account.ns('running', nowNs);
    const ordinal = vcpu.sampleNext ?? (Math.floor(now / every) + 1) * every;
    let next = ordinal;
    if (now >= ordinal) {
      const weight = Math.floor((now - ordinal) / every) + 1;
      next += weight * every;
      const past = unit === 'ns' ? now - ordinal : 0;
      const vm = this.host.vmOf(vcpu);
      const exit = past > 0 ? this.exitAt(vm, vcpu, nowNs - past) : undefined;
      this.room?.add(vm, vcpu, nowNs - past, ordinal, weight, exit);
    }
    vcpu.sampleNext = next;
    return next - now;
  }

  /** The run was gone back, or goes on from a saved state. */
  moved(): void {
    for (const { vcpus } of this.host.vms)
      for (const vcpu of vcpus) {
        vcpu.sampleNext = undefined;
        vcpu.sampleDueNs = Number.NEGATIVE_INFINITY;
      }
  }

  private exitAt(vm: Vm, vcpu: Vcpu, atNs: number): TraceEvent | undefined {
    const { recorder } = this.host;
    const { peek } = this;
    for (let seq = recorder.nextSequence - 1; seq >= Math.max(0, recorder.nextSequence - RECENT); seq--) {
      if (!recorder.peek(seq, peek) || peek.vcpu !== vcpu.index) continue;
      if (peek.virtualNs > atNs || atNs >= peek.virtualNs + peek.durationNs) continue;
      const event = recorder.at(seq);
      if (event?.vm === vm.index) return event;
    }
    return undefined;
  }
}
