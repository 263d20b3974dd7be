// From one frame of a sample to its caller, where plain numbers say how: words of the stack are looked at in place, nothing is made and nothing is waited for.
// What it says is what unwinding in general says (frames/unwinder.ts); where it cannot tell, it says so.
import { PROFILE_REGISTERS } from '../../machine/control/profile-types';
import { FIRST_OF_STACK, type SampleWords, WORD_BYTES } from './sample-words';

const RSP = PROFILE_REGISTERS.indexOf('rsp');
const RBP = PROFILE_REGISTERS.indexOf('rbp');
const CS = PROFILE_REGISTERS.indexOf('cs');

/** In place of distances: there is no return address; the caller's RBP is this frame's; nothing plain says what it is. */
export const NONE = 1 << 30;
export const SAME = NONE + 1;
export const LOST = NONE + 2;
/** Nothing that is kept is so far from RSP. */
export const FAR = -(2 ** 29);

/** As unwinding searches for what an interrupt pushed, and believes a frame pointer (frames/guesses.ts). */
const MOST_WORDS = 512;
const FEWER_WORDS = 64;
const MOST_DISTANCE = 0x10_0000;
/** Words behind a call that are looked at for what an interrupt pushed, and how many that are. */
const BEHIND_WORDS = 8;
const INTERRUPT_WORDS = 5;
const MOST_SELECTOR = 0xffff;
/** RFLAGS of an interrupted program, the lower half (frames/stack-words.ts). */
const FLAGS_SET = 0x2;
const FLAGS_CLEAR = 0xffc0_8028 | 0;
const WORD_SHIFT = 3;
const BEHIND_WORD = WORD_BYTES - 1;
const HALF = 2 ** 32;

export class PlainWalk {
  /** Of the caller that was found: where its address is kept (NONE: there is none), the CFA between, and whether it was interrupted: execution stands there. All places are
   * in bytes from the sample's RSP. */
  returnAt = 0;
  cfa = 0;
  exact = true;
  /** Bytes of the stack that were looked at, from RSP on, if there are so many. */
  reach = 0;
  /** All of its batch's. */
  halves: Uint32Array = new Uint32Array(0);
  // The frame's registers; RBP may be not known.
  private sp = 0;
  private bp = 0;
  private knowsPointer = true;
  private pointerIsZero = false;
  /** Where the sample's stack begins in `halves`, and how many bytes of it were kept. */
  private start = 0;
  private length = 0;
  private rspLo = 0;
  private rspHi = 0;
  private selector = 0;

  constructor(private readonly isCode: (address: bigint) => boolean) {}

  begin(words: SampleWords, length: number): void {
    this.halves = words.halves;
    this.start = words.placeOf(FIRST_OF_STACK);
    this.length = length;
    this.rspLo = words.lo(RSP);
    this.rspHi = words.hi(RSP);
    this.selector = words.lo(CS) & MOST_SELECTOR;
    this.sp = 0;
    this.reach = 0;
    this.setPointer(words.lo(RBP), words.hi(RBP));
    this.exact = true;
  }

  /** By call frame information or ORC, from five numbers: 1 by RBP, distances as in CodePlace, 1 where an interrupt may lie behind. Most frames are found so: in one piece. */
  byTable(numbers: Int32Array, first: number): boolean {
    const { halves, length, start } = this;
    const byPointer = numbers[first] === 1;
    if (byPointer && !this.knowsPointer) return false;
    const returnAt = numbers[first + 2]!;
    this.returnAt = returnAt;
    if (returnAt === NONE) return true;
    const cfa = (byPointer ? this.bp : this.sp) + numbers[first + 1]!;
    const behind = cfa - WORD_BYTES;
    const at = cfa + returnAt;
    this.returnAt = at;
    if (((behind | at) & BEHIND_WORD) !== 0 || behind < 0 || cfa > length || at < 0 || at + WORD_BYTES > length) return false;
    const pointerAt = numbers[first + 3]!;
    if (pointerAt === LOST) this.knowsPointer = false;
    else if (pointerAt !== SAME) this.loadPointer(cfa + pointerAt);
    this.exact = false;
    this.cfa = cfa;
    this.sp = cfa;
    if (numbers[first + 4] !== 1) return true;
    this.reached(Math.max(cfa + 2 * WORD_BYTES, at + WORD_BYTES));
    // A selector may stand behind this word or behind the next one: without it, nothing need be searched.
    const place = start + (behind >> 2);
    if (halves[place + 2]! > MOST_SELECTOR && halves[place + 4]! > MOST_SELECTOR) return true;
    return this.byInterrupt(behind, cfa, this.kept(behind, BEHIND_WORDS));
  }

  /** Where nothing describes the frame: what an interrupt pushed, or a frame pointer. */
  byGuess(isEntry: boolean): boolean {
    const { sp, bp } = this;
    if (!this.knowsPointer || !this.isKept(sp)) return false;
    const isNear = bp > sp && bp - sp < MOST_DISTANCE;
    const count = isNear ? Math.min(MOST_WORDS, (bp - sp) >> WORD_SHIFT) : FEWER_WORDS;
    this.exact = false;
    if (!this.byInterrupt(sp, this.length, this.kept(sp, count))) return false;
    if (this.exact) return true;
    if (isEntry) return this.byEntry();
    this.returnAt = NONE;
    if (this.pointerIsZero) return true;
    this.returnAt = bp + WORD_BYTES;
    this.cfa = this.returnAt + WORD_BYTES;
    this.sp = this.cfa;
    this.reached(this.cfa);
    if (bp < sp || bp - sp > MOST_DISTANCE || !this.isKept(this.returnAt)) return false;
    this.loadPointer(bp);
    return true;
  }

  /** At a function's first instruction the return address is on top of the stack. */
  private byEntry(): boolean {
    this.returnAt = this.sp;
    this.sp += WORD_BYTES;
    this.cfa = this.sp;
    this.reached(this.sp);
    const address = this.addressAt(this.returnAt);
    return address !== 0n && this.isCode(address);
  }

  /** RIP, CS, RFLAGS, RSP and SS as an interrupt pushes them, between `first` and `last`, in `count` words from `first` on: `exact` says that they are there.
   * False: they are of a process. */
  private byInterrupt(first: number, last: number, count: number): boolean {
    const { halves, selector: own } = this;
    this.reached(first + count * WORD_BYTES);
    const begin = this.placeOf(first);
    const end = begin + count * 2;
    const most = Math.min(end - 6, begin + ((last - first) >> 2));
    for (let place = begin; place <= most; place += 2) {
      const selector = halves[place + 2]!;
      if (selector < 4 || selector > MOST_SELECTOR || (selector & 4) !== 0 || halves[place + 3] !== 0) continue;
      const flags = halves[place + 4]!;
      if (halves[place + 5] !== 0 || (flags & FLAGS_SET) === 0 || (flags & FLAGS_CLEAR) !== 0) continue;
      if (place + INTERRUPT_WORDS * 2 > end || halves[place + 9] !== 0 || halves[place + 8]! > MOST_SELECTOR) continue;
      if ((selector & 3) === 3) return false;
      const at = first + ((place - begin) << 2);
      if (selector !== own || !this.isCode(this.addressAt(at))) continue;
      const behind = at + INTERRUPT_WORDS * WORD_BYTES;
      const sp = this.distance(halves[place + 6]!, halves[place + 7]!);
      if (sp >= at && (sp < behind || sp >= behind + 2 * WORD_BYTES)) continue;
      this.exact = true;
      this.cfa = at;
      this.returnAt = at;
      this.sp = sp;
      return true;
    }
    return true;
  }

  private reached(to: number): void {
    if (to > this.reach) this.reach = to;
  }
  /** Where the halves of a kept word are. */
  placeOf(at: number): number {
    return this.start + (at >> 2);
  }
  /** A whole word at its place. */
  private isKept(at: number): boolean {
    return at >= 0 && (at & BEHIND_WORD) === 0 && at + WORD_BYTES <= this.length;
  }
  /** As many words as unwinding gets where it asks for so many, and for half of them where they are not all there. */
  private kept(at: number, count: number): number {
    let words = count;
    while (at + words * WORD_BYTES > this.length) words >>= 1;
    return words;
  }
  private addressAt(at: number): bigint {
    const place = this.placeOf(at);
    return (BigInt(this.halves[place + 1]!) << 32n) | BigInt(this.halves[place]!);
  }

  private loadPointer(at: number): void {
    this.reached(at + WORD_BYTES);
    const place = this.placeOf(at);
    this.knowsPointer = this.isKept(at);
    if (this.knowsPointer) this.setPointer(this.halves[place]!, this.halves[place + 1]!);
  }
  private setPointer(lo: number, hi: number): void {
    this.knowsPointer = true;
    this.pointerIsZero = lo === 0 && hi === 0;
    this.bp = this.distance(lo, hi);
  }
  /** From the sample's RSP to where a word points. All that are far away are as good as each other. */
  private distance(lo: number, hi: number): number {
    const bytes = (hi - this.rspHi) * HALF + (lo - this.rspLo);
    return bytes > FAR && bytes < -FAR ? bytes | 0 : FAR;
  }
}
