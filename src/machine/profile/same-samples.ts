// Samples of a batch that have the same stack: in a loop nearly all of an instruction do.
import { PROFILE_REGISTERS, SAME_REGISTERS } from '../control/profile-types';
import { REGISTER_BYTES } from './vcpu-sampler';

/** By an instruction's place: the sample that was kept last. */
const PLACES = 512;
const PLACE_SHIFT = 9;
const SAMPLE_HALVES = REGISTER_BYTES / 4;
const RIP = PROFILE_REGISTERS.indexOf('rip') * 2;
const HALVES = SAME_REGISTERS.flatMap((name) => [PROFILE_REGISTERS.indexOf(name) * 2, PROFILE_REGISTERS.indexOf(name) * 2 + 1]);

export class SameSamples {
  /** 1 + its index. */
  private readonly kept = new Uint32Array(PLACES);
  private halves = new Uint32Array(0);
  private words = new Int32Array(0);

  clear(): void {
    this.kept.fill(0);
  }

  /** The sample kept last that has SAME_REGISTERS of this one; -1: none. `registers`: of all samples. */
  last(registers: Uint8Array<ArrayBuffer>, sample: number): number {
    if (registers.buffer !== this.halves.buffer) this.halves = new Uint32Array(registers.buffer);
    const { halves } = this;
    const first = sample * SAMPLE_HALVES;
    const before = this.kept[placeOf(halves[first + RIP]!)]! - 1;
    if (before < 0) return -1;
    const other = before * SAMPLE_HALVES;
    for (let i = 0; i < HALVES.length; i++) if (halves[first + HALVES[i]!] !== halves[other + HALVES[i]!]) return -1;
    return before;
  }
  /** What `last` was asked about. */
  keep(registers: Uint8Array<ArrayBuffer>, sample: number): void {
    if (registers.buffer !== this.halves.buffer) this.halves = new Uint32Array(registers.buffer);
    this.kept[placeOf(this.halves[sample * SAMPLE_HALVES + RIP]!)] = sample + 1;
  }

  /** Both begin at whole words. */
  areEqual(stacks: Uint8Array<ArrayBuffer>, one: number, other: number, length: number): boolean {
    if (stacks.buffer !== this.words.buffer) this.words = new Int32Array(stacks.buffer);
    const { words } = this;
    const [first, second, count] = [one >> 2, other >> 2, length >> 2];
    for (let i = 0; i < count; i++) if (words[first + i] !== words[second + i]) return false;
    for (let i = count * 4; i < length; i++) if (stacks[one + i] !== stacks[other + i]) return false;
    return true;
  }
}

const placeOf = (rip: number): number => (rip ^ (rip >>> PLACE_SHIFT)) & (PLACES - 1);
