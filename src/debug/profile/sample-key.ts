// By what samples are told apart that have the same frames: unwinding reads of the stack only words that point into code or into the stack itself, and of the registers
// what calls keep. In a loop nearly all samples have keys that are known already. A thousand samples a second come by: words are halves, not BigInts, and a key is
// the words that matter, with where they stand, in a room that is used again.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

const MOST_WORDS = 100_000;
const LEAST_POINTER = 0x1000;
/** Two halves of each register. */
const at = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name) * 2;
const RIP = at('rip');
const RSP = at('rsp');
const RBP = at('rbp');
/** What calls keep: a frame's address may be found through them (r10 where a stack was aligned). */
const KEPT = [RBP, at('rbx'), at('r10'), at('r12'), at('r13'), at('r14'), at('r15')];
/** Beside the number of a word: what follows is a run of zeroes, or what an interrupt pushed. */
const ZEROES = 1 << 24;
const INTERRUPT = 1 << 25;
const INTERRUPT_WORDS = 5;
/** Of a key at most: registers, and for each word of the stack its number and what an interrupt pushed there. */
const HEADER_HALVES = 6 + KEPT.length * 2;
const HALVES_PER_WORD = 1 + INTERRUPT_WORDS * 2;

/** As an interrupt pushes CS and RFLAGS (stack-words.ts tells them apart more exactly). */
const isSelector = (lo: number, hi: number): boolean => hi === 0 && lo >= 4 && lo <= 0xffff;
const isFlags = (lo: number, hi: number): boolean => hi === 0 && (lo & 2) !== 0 && lo < 0x40_0000;

function halvesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint32Array {
  const length = byteLength >> 2;
  if ((byteOffset & 3) === 0) return new Uint32Array(buffer, byteOffset, length);
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + length * 4));
}

export class SampleKeys {
  /** By halves of a word: it points into code. */
  private readonly words = new Map<number, Map<number, boolean>>();
  private count = 0;
  private readonly modes: string[] = [];
  private key = new Uint32Array(HEADER_HALVES);
  private length = 0;

  constructor(private readonly isKnown: (address: bigint) => boolean) {}

  /** Symbols have come or moved. */
  forget(): void {
    this.words.clear();
    this.count = 0;
  }

  /** Good until the next one. */
  of(sample: ProfileSample): Uint32Array {
    const { cpl, mode } = sample;
    const registers = halvesOf(sample.registers);
    const words = halvesOf(sample.stack);
    const count = words.length >> 1;
    const most = HEADER_HALVES + count * HALVES_PER_WORD;
    if (this.key.length < most) this.key = new Uint32Array(most);
    this.length = 0;
    const isLong = mode === 'long64';
    const [startLo, startHi] = [registers[RSP] ?? 0, registers[RSP + 1] ?? 0];
    // What is above the piece of stack is at its end or beyond: the carry is part of the sum.
    const end = startLo + sample.stack.length;
    const [endLo, endHi] = [end >>> 0, (startHi + (end > 0xffff_ffff ? 1 : 0)) >>> 0];
    const matters = (lo: number, hi: number): boolean => {
      if (hi === 0 && lo < LEAST_POINTER) return false;
      const isBelow = hi < startHi || (hi === startHi && lo < startLo);
      const isAbove = hi > endHi || (hi === endHi && lo > endLo);
      return (!isBelow && !isAbove) || this.isCode(lo, hi);
    };
    this.put(cpl, this.modeNumber(mode));
    this.put(registers[RIP] ?? 0, registers[RIP + 1] ?? 0);
    this.put(startLo, startHi);
    for (const kept of KEPT) {
      const [lo, hi] = [registers[kept] ?? 0, registers[kept + 1] ?? 0];
      if (kept === RBP || matters(lo, hi)) this.put(lo, hi);
      else this.put(0, 0);
    }
    for (let i = 0; i < count; i++) {
      const lo = words[i * 2]!;
      const hi = words[i * 2 + 1]!;
      if ((lo | hi) === 0) {
        // 0 is the mark of an outermost frame; many stand in a row.
        const first = i;
        while (i + 1 < count && (words[i * 2 + 2]! | words[i * 2 + 3]!) === 0) i++;
        this.put(ZEROES | first, i);
        continue;
      }
      // Behind an interrupt's RIP: what it pushed counts, whatever it points to.
      if (isSelector(lo, hi) && isFlags(words[i * 2 + 2] ?? 0, words[i * 2 + 3] ?? 0)) {
        const from = Math.max(0, i - 1);
        this.key[this.length++] = INTERRUPT | i;
        for (let word = from; word < from + INTERRUPT_WORDS; word++) this.put(words[word * 2] ?? 0, words[word * 2 + 1] ?? 0);
      } else if (!isLong || matters(lo, hi)) {
        this.key[this.length++] = i;
        this.put(lo, hi);
      }
    }
    return this.key.subarray(0, this.length);
  }

  private put(lo: number, hi: number): void {
    this.key[this.length++] = lo;
    this.key[this.length++] = hi;
  }

  private modeNumber(mode: string): number {
    const known = this.modes.indexOf(mode);
    return known >= 0 ? known : this.modes.push(mode) - 1;
  }

  private isCode(lo: number, hi: number): boolean {
    const known = this.words.get(hi)?.get(lo);
    return known ?? this.look(lo, hi);
  }

  private look(lo: number, hi: number): boolean {
    if (this.count >= MOST_WORDS) this.forget();
    const word = (BigInt(hi) << 32n) | BigInt(lo);
    const known = this.isKnown(word) || this.isKnown(word - 1n);
    this.count++;
    const ofHalf = this.words.get(hi);
    if (ofHalf) ofHalf.set(lo, known);
    else this.words.set(hi, new Map([[lo, known]]));
    return known;
  }
}
