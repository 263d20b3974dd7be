// Where samples wait: few pieces of memory for all of them, numbers, registers and stacks, so that taking one makes no garbage.
import { PAGE_SIZE, S, SEGMENT_STRIDE, SegmentField } from '../../x86/layout';
import { PROFILE_REGISTERS, type ProfileSample } from '../control/profile-types';
import { modeName } from '../registers';
import type { Vcpu } from '../vm/vcpu';
import type { Vm } from '../vm/vm';

/** Of a piece. Each is as large as all before it, within these. */
const LEAST_SAMPLES = 32;
const MOST_SAMPLES = 512;
const WORD = 8;
const REGISTER_BYTES = PROFILE_REGISTERS.length * WORD;
const place = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name) * WORD;
const RIP = place('rip') / WORD;
const RSP = place('rsp') >> 2;
const GPR_HALVES = RIP * 2;
const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
const CS = S.segments + SEGMENT_STRIDE;
/** Halves behind the general registers: from where in the state, to where. */
const FROM: readonly number[] = [S.rip, CS + SegmentField.base, S.cr0, S.cr3].flatMap((field) => [field >> 2, (field >> 2) + 1]);
const TO: readonly number[] = (['rip', 'cs.base', 'cr0', 'cr3'] as const).flatMap((name) => [place(name) >> 2, (place(name) >> 2) + 1]);
const CPL = S.cpl >> 2;
const MODE = S.mode >> 2;
const CS_FROM = (CS + SegmentField.selector) >> 2;
const CS_TO = place('cs') >> 2;
/** What else there is of a sample, as numbers before its registers. */
const NUMBERS = ['vm', 'vcpu', 'atNs', 'ordinal', 'weight', 'cpl', 'mode', 'stackLength'] as const;
const NUMBER_BYTES = NUMBERS.length * WORD;
const LONGEST_INSTRUCTION = 15n;
const TWO_32 = 0x1_0000_0000;

/** Memory of a VM: of the host's sampling alone. */
interface Ram {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** By where the engine puts registers and stack: they are few places. */
  readonly places: Map<number, Uint8Array>;
}

/** What the engine has put into a VM's memory: where its registers and stack are, and how many bytes of stack. */
export interface Taken {
  readonly at: number;
  readonly length: number;
  readonly cpl: number;
  readonly mode: number;
}

export class SampleRoom {
  private readonly stride: number;
  private numbers!: Float64Array<ArrayBuffer>;
  private bytes!: Uint8Array<ArrayBuffer>;
  private halves!: Uint32Array<ArrayBuffer>;
  private words!: BigUint64Array<ArrayBuffer>;
  /** In the last piece, which has this room; and in those before it. */
  private size = 0;
  private room = 0;
  private before = 0;
  private full: Float64Array<ArrayBuffer>[] = [];
  /** Of samples in the hypervisor. */
  private hosts = new Map<number, ProfileSample['host']>();
  private readonly ram = new Map<Vm, Ram>();
  private readonly page = { gpa: 0, writable: false, user: false, executable: false };

  constructor(readonly stackBytes: number) {
    this.stride = NUMBER_BYTES + REGISTER_BYTES + Math.ceil(stackBytes / WORD) * WORD;
    this.begin(LEAST_SAMPLES);
  }

  /** Samples that wait. */
  get count(): number {
    return this.before + this.size;
  }

  private begin(samples: number): void {
    const buffer = new ArrayBuffer(samples * this.stride);
    this.before += this.size;
    this.size = 0;
    this.room = samples;
    this.numbers = new Float64Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.halves = new Uint32Array(buffer);
    this.words = new BigUint64Array(buffer);
  }

  /** Where a vCPU is now. */
  add(vm: Vm, { index, state }: Vcpu, atNs: number, ordinal: number, weight: number, host: ProfileSample['host']): void {
    const at = this.next();
    const ram = this.ramOf(vm);
    const registers = (at + NUMBER_BYTES) >> 2;
    const from = state.base >> 2;
    let length = vm.engine.sample(index, this.stackBytes);
    if (length >= 0) this.copy(ram, vm.engine.sampleAt, at);
    else {
      this.putRegisters(from, ram, registers);
      length = this.putStack(vm, index, from, ram, registers);
    }
    if (host !== undefined) {
      this.hosts.set(this.count, host);
      this.backTo(registers >> 1, host.rip);
    }
    this.putNumbers(at / WORD, vm.index, index, atNs, ordinal, weight, ram.words[from + CPL]!, ram.words[from + MODE]!, length);
  }
  /** Where it was then. */
  addTaken(vm: Vm, vcpu: number, { at: from, length, cpl, mode }: Taken, atNs: number, ordinal: number): void {
    const at = this.next();
    this.copy(this.ramOf(vm), from, at);
    this.putNumbers(at / WORD, vm.index, vcpu, atNs, ordinal, 1, cpl, mode, length);
  }

  /** Where the next one goes. */
  private next(): number {
    if (this.size === this.room) {
      this.full.push(this.numbers);
      this.begin(Math.min(this.count, MOST_SAMPLES));
    }
    return this.size * this.stride;
  }
  private copy({ bytes, places }: Ram, from: number, to: number): void {
    let place = places.get(from);
    if (place === undefined) {
      place = bytes.subarray(from, from + REGISTER_BYTES + this.stackBytes);
      places.set(from, place);
    }
    this.bytes.set(place, to + NUMBER_BYTES);
  }
  private putNumbers(
    first: number,
    vm: number,
    vcpu: number,
    atNs: number,
    ordinal: number,
    weight: number,
    cpl: number,
    mode: number,
    length: number,
  ): void {
    const { numbers } = this;
    numbers[first] = vm;
    numbers[first + 1] = vcpu;
    numbers[first + 2] = atNs;
    numbers[first + 3] = ordinal;
    numbers[first + 4] = weight;
    numbers[first + 5] = cpl;
    numbers[first + 6] = mode;
    numbers[first + 7] = length;
    this.size++;
  }

  private putRegisters(state: number, { words }: Ram, first: number): void {
    const { halves } = this;
    const gpr = state + (S.gpr >> 2);
    halves.set(words.subarray(gpr, gpr + GPR_HALVES), first);
    for (let i = 0; i < FROM.length; i++) halves[first + TO[i]!] = words[state + FROM[i]!]!;
    halves[first + CS_TO] = words[state + CS_FROM]!;
    halves[first + CS_TO + 1] = 0;
  }

  /** Returns how many bytes of it could be read. */
  private putStack({ engine }: Vm, vcpu: number, state: number, ram: Ram, registers: number): number {
    const { halves, page } = this;
    const base = state + (SS_BASE >> 2);
    const sum = halves[registers + RSP]! + ram.words[base]!;
    const start = sum >>> 0;
    const high = halves[registers + RSP + 1]! + ram.words[base + 1]! + (sum >= TWO_32 ? 1 : 0);
    const to = registers * 4 + REGISTER_BYTES;
    let done = 0;
    while (done < this.stackBytes) {
      const lo = start + done;
      if (!engine.translateInto(vcpu, lo >>> 0, (high + (lo >= TWO_32 ? 1 : 0)) >>> 0, page)) break;
      const from = engine.memory.offsetOf(page.gpa);
      if (from === undefined) break;
      const part = Math.min(this.stackBytes - done, PAGE_SIZE - (page.gpa % PAGE_SIZE));
      this.bytes.set(ram.bytes.subarray(from, from + part), to + done);
      done += part;
    }
    return done;
  }

  private ramOf(vm: Vm): Ram {
    const { buffer } = vm.engine.memory;
    let ram = this.ram.get(vm);
    if (ram?.bytes.buffer !== buffer) {
      ram = { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), places: new Map() };
      this.ram.set(vm, ram);
    }
    return ram;
  }

  /** A sample's instruction is `rip`, where an exit has led just behind it and no interrupt or fault away from it. */
  private backTo(registers: number, rip: bigint): void {
    const after = this.words[registers + RIP]!;
    if (after > rip && after - rip <= LONGEST_INSTRUCTION) this.words[registers + RIP] = rip;
  }

  /** Everything that waits, in its order; the memory it lies in is theirs, and nothing waits any more. */
  take(): ProfileSample[] {
    const samples: ProfileSample[] = [];
    if (this.count === 0) return samples;
    for (const piece of this.full) this.takeFrom(piece, piece.length / (this.stride / WORD), samples);
    this.takeFrom(this.numbers, this.size, samples);
    this.full = [];
    this.hosts = new Map();
    this.size = 0;
    this.before = 0;
    this.begin(LEAST_SAMPLES);
    return samples;
  }

  private takeFrom(numbers: Float64Array<ArrayBuffer>, size: number, samples: ProfileSample[]): void {
    const { hosts, stride } = this;
    const { buffer } = numbers;
    for (let sample = 0; sample < size; sample++) {
      const first = (sample * stride) / WORD;
      const registers = sample * stride + NUMBER_BYTES;
      samples.push({
        vm: numbers[first]!,
        vcpu: numbers[first + 1]!,
        atNs: numbers[first + 2]!,
        ordinal: numbers[first + 3]!,
        weight: numbers[first + 4]!,
        cpl: numbers[first + 5]!,
        mode: modeName(numbers[first + 6]!),
        registers: new BigUint64Array(buffer, registers, PROFILE_REGISTERS.length),
        stack: new Uint8Array(buffer, registers + REGISTER_BYTES, numbers[first + 7]!),
        host: hosts.get(samples.length),
      });
    }
  }
}
