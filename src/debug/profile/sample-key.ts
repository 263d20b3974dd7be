// By what samples are told apart that have the same frames: unwinding reads of the stack only words that point into code or into the stack itself, and of the registers
// what calls keep. In a loop nearly all samples have keys that are known already. A thousand samples a second come by: words are halves, not BigInts.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

const MOST_WORDS = 100_000;
const LEAST_POINTER = 0x1000;
const at = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name);
const RIP = at('rip');
const RSP = at('rsp');
const RBP = at('rbp');
/** What calls keep: a frame's address may be found through them (r10 where a stack was aligned). */
const KEPT = [RBP, at('rbx'), at('r10'), at('r12'), at('r13'), at('r14'), at('r15')];

/** As an interrupt pushes CS and RFLAGS (stack-words.ts tells them apart more exactly). */
const isSelector = (lo: number, hi: number): boolean => hi === 0 && lo >= 4 && lo <= 0xffff;
const isFlags = (lo: number, hi: number): boolean => hi === 0 && (lo & 2) !== 0 && lo < 0x40_0000;
const halves = (value: bigint): [lo: number, hi: number] => [Number(value & 0xffff_ffffn), Number(value >> 32n)];

export class SampleKeys {
  /** By halves of a word: it points into code. */
  private readonly words = new Map<number, Map<number, boolean>>();
  private count = 0;

  constructor(private readonly isKnown: (address: bigint) => boolean) {}

  /** Symbols have come or moved. */
  forget(): void {
    this.words.clear();
    this.count = 0;
  }

  of({ registers, stack, cpl, mode }: ProfileSample): string {
    const start = registers[RSP] ?? 0n;
    const [startLo, startHi] = halves(start);
    const [endLo, endHi] = halves(start + BigInt(stack.length));
    const matters = (lo: number, hi: number): boolean => {
      if (hi === 0 && lo < LEAST_POINTER) return false;
      const isBelow = hi < startHi || (hi === startHi && lo < startLo);
      const isAbove = hi > endHi || (hi === endHi && lo > endLo);
      return (!isBelow && !isAbove) || this.isCode(lo, hi);
    };
    let key = `${cpl} ${mode} ${registers[RIP]} ${start}`;
    for (const kept of KEPT) {
      const [lo, hi] = halves(registers[kept] ?? 0n);
      key += kept === RBP || matters(lo, hi) ? ` ${hi},${lo}` : ' ';
    }
    const words = new Uint32Array(stack.slice(0, stack.length & ~7).buffer);
    const wordsText = (from: number, to: number): string => words.subarray(Math.max(0, from) * 2, to * 2).join();
    const isLong = mode === 'long64';
    for (let i = 0; i * 2 < words.length; i++) {
      const lo = words[i * 2]!;
      const hi = words[i * 2 + 1]!;
      if ((lo | hi) === 0) {
        // 0 is the mark of an outermost frame; many stand in a row.
        const first = i;
        while (i * 2 + 2 < words.length && (words[i * 2 + 2]! | words[i * 2 + 3]!) === 0) i++;
        key += ` ${first}-${i}`;
        continue;
      }
      // Behind an interrupt's RIP: what it pushed counts, whatever it points to.
      if (isSelector(lo, hi) && isFlags(words[i * 2 + 2] ?? 0, words[i * 2 + 3] ?? 0)) key += ` ${i - 1}:${wordsText(i - 1, i + 4)}`;
      else if (!isLong || matters(lo, hi)) key += ` ${i}:${hi},${lo}`;
    }
    return key;
  }

  private isCode(lo: number, hi: number): boolean {
    let known = this.words.get(hi)?.get(lo);
    if (known === undefined) {
      if (this.count >= MOST_WORDS) this.forget();
      const word = (BigInt(hi) << 32n) | BigInt(lo);
      known = this.isKnown(word) || this.isKnown(word - 1n);
      this.count++;
      const ofHalf = this.words.get(hi);
      if (ofHalf) ofHalf.set(lo, known);
      else this.words.set(hi, new Map([[lo, known]]));
    }
    return known;
  }
}
