// Where samples wait: few pieces of memory for all of them, so that taking one makes no garbage. A stack that is as it was at the last sample of its instruction is there once.
import type { TraceEvent } from '../../trace/reader';
import { PROFILE_REGISTERS, type ProfileSample } from '../control/profile-types';
import { modeName } from '../registers';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';
import { SameSamples } from './same-samples';
import { REGISTER_BYTES, VcpuSampler } from './vcpu-sampler';

const LEAST_SAMPLES = 64;
const LEAST_STACKS = 16;
/** As many as the last batch had are there at once, within these. */
const MOST_AT_ONCE = 512;
const WORD = 8;
/** What there is of each sample. `place`: of its stack; `same`: 1 + the sample whose stack it is, too, 0: it is its own. */
const NUMBERS = 9;
const [VM, VCPU, AT_NS, ORDINAL, WEIGHT, MODE, LENGTH, PLACE, SAME] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const CPL_BITS = 2;
/** As CpuEngine.sample has it: from here down, the number of a stack that is known. */
const FIRST_KNOWN = -2;
const NO_REGISTERS = new BigUint64Array(0);
const NO_STACK = new Uint8Array(0);

/** What the engine has put into a VM's memory: where its registers and stack are, and what CpuEngine.sample gave. */
export interface Taken {
  readonly at: number;
  readonly length: number;
  readonly cpl: number;
  readonly mode: number;
  /** It lies in an exit, the fields of whose event are there. */
  readonly exit: number | undefined;
}

export class SampleRoom {
  private readonly stride: number;
  private readonly vcpus: VcpuSampler;
  private readonly same = new SameSamples();
  private numbers = new Float64Array(0);
  private registers = new Uint8Array(0);
  private size = 0;
  private stacks = new Uint8Array(0);
  private used = 0;
  /** Of samples in the hypervisor. */
  private hosts = new Map<number, ProfileSample['host']>();

  constructor(readonly stackBytes: number) {
    this.stride = Math.ceil(stackBytes / WORD) * WORD;
    this.vcpus = new VcpuSampler(stackBytes);
    this.begin();
  }

  /** Samples that wait. */
  get count(): number {
    return this.size;
  }

  private begin(): void {
    const samples = Math.max(LEAST_SAMPLES, Math.min(this.size, MOST_AT_ONCE));
    const stacks = Math.max(LEAST_STACKS, Math.min(this.used / this.stride, MOST_AT_ONCE));
    this.size = 0;
    this.used = 0;
    this.numbers = new Float64Array(samples * NUMBERS);
    this.registers = new Uint8Array(samples * REGISTER_BYTES);
    this.stacks = new Uint8Array(stacks * this.stride);
    this.hosts = new Map();
    this.same.clear();
  }

  /** Where a vCPU is now; in an exit, at the instruction that made it. */
  add(vm: Vm, vcpu: Vcpu, atNs: number, ordinal: number, weight: number, exit: TraceEvent | undefined): void {
    this.makeRoom();
    const { cpl, mode } = this.vcpus.modeOf(vm, vcpu);
    const length = this.vcpus.sample(vm, vcpu, exit?.rip, this.registers, this.size * REGISTER_BYTES, this.stacks, this.used);
    if (exit !== undefined) this.hosts.set(this.size, { kind: exit.kind, fields: exit.fields });
    this.put(vm.index, vcpu.index, atNs, ordinal, weight, cpl, mode, length);
  }
  /** Where it was then. */
  addTaken(vm: Vm, vcpu: number, { at, length, cpl, mode, exit }: Taken, atNs: number, ordinal: number): void {
    this.makeRoom();
    if (exit !== undefined) this.hosts.set(this.size, this.vcpus.exitAt(vm, exit));
    if (length > FIRST_KNOWN) this.vcpus.copy(vm, at, length, this.registers, this.size * REGISTER_BYTES, this.stacks, this.used);
    this.put(vm.index, vcpu, atNs, ordinal, 1, cpl, mode, length);
  }

  /** For one more. */
  private makeRoom(): void {
    if (this.size * NUMBERS === this.numbers.length) {
      const { numbers, registers } = this;
      this.numbers = new Float64Array(numbers.length * 2);
      this.numbers.set(numbers);
      this.registers = new Uint8Array(registers.length * 2);
      this.registers.set(registers);
    }
    if (this.used + this.stride <= this.stacks.length) return;
    const { stacks } = this;
    this.stacks = new Uint8Array(stacks.length * 2);
    this.stacks.set(stacks);
  }
  private put(vm: number, vcpu: number, atNs: number, ordinal: number, weight: number, cpl: number, mode: number, length: number): void {
    const { numbers, size } = this;
    const first = size * NUMBERS;
    const modes = mode * (1 << CPL_BITS) + cpl;
    numbers[first + VM] = vm;
    numbers[first + VCPU] = vcpu;
    numbers[first + AT_NS] = atNs;
    numbers[first + ORDINAL] = ordinal;
    numbers[first + WEIGHT] = weight;
    numbers[first + MODE] = modes;
    numbers[first + LENGTH] = length;
    numbers[first + PLACE] = this.used;
    numbers[first + SAME] = 0;
    this.size++;
    if (length <= FIRST_KNOWN) return;
    const before = this.same.last(this.registers, size);
    if (before >= 0 && this.isSame(before, first, modes, length)) {
      const { numbers } = this;
      numbers[first + PLACE] = numbers[before * NUMBERS + PLACE]!;
      numbers[first + SAME] = before + 1;
    } else {
      this.same.keep(this.registers, size);
      this.used += this.stride;
    }
  }
  private isSame(before: number, first: number, modes: number, length: number): boolean {
    const { numbers, stacks, used } = this;
    const other = before * NUMBERS;
    if (numbers[other + VM] !== numbers[first + VM] || numbers[other + MODE] !== modes || numbers[other + LENGTH] !== length) return false;
    const place = numbers[other + PLACE]!;
    return this.same.areEqual(stacks, place, used, length);
  }

  /** Everything that waits, in its order; the memory it lies in is theirs, and nothing waits any more. */
  take(): ProfileSample[] {
    const { hosts, numbers, registers, stacks } = this;
    const samples: ProfileSample[] = [];
    for (let i = 0; i < this.size; i++) {
      const first = i * NUMBERS;
      const mode = numbers[first + MODE]!;
      const length = numbers[first + LENGTH]!;
      const same = numbers[first + SAME]!;
      const known = length <= FIRST_KNOWN ? FIRST_KNOWN - length : undefined;
      samples.push({
        vm: numbers[first + VM]!,
        vcpu: numbers[first + VCPU]!,
        atNs: numbers[first + AT_NS]!,
        ordinal: numbers[first + ORDINAL]!,
        weight: numbers[first + WEIGHT]!,
        cpl: mode & ((1 << CPL_BITS) - 1),
        mode: modeName(mode >> CPL_BITS),
        known,
        sameAs: same === 0 ? undefined : same - 1,
        registers: known === undefined ? new BigUint64Array(registers.buffer, i * REGISTER_BYTES, PROFILE_REGISTERS.length) : NO_REGISTERS,
        stack:
          known !== undefined
            ? NO_STACK
            : same === 0
              ? new Uint8Array(stacks.buffer, numbers[first + PLACE]!, length)
              : samples[same - 1]!.stack,
        host: hosts.get(i),
      });
    }
    if (this.size > 0) this.begin();
    return samples;
  }
}
