// Follows stacks that are plain from end to end. They are ways in a tree of return addresses, and the end of a way has what the stack is: a sample of a stack that was met
// before is followed by numbers alone. Whatever is not plain is left to unwinding in general, which says the same of those that are.
import { PROFILE_REGISTERS } from '../../machine/control/profile-types';
import type { CodePlace, PlaceKind } from './code-places';
import type { SampleStart } from './known-stacks';
import { FAR, LOST, NONE, PlainWalk, SAME } from './plain-walk';
import { type SampleWords, WORD_BYTES } from './sample-words';
import { Transitions } from './transitions';

const MOST_WAYS = 100_000;
const RIP = PROFILE_REGISTERS.indexOf('rip');
const RSP = PROFILE_REGISTERS.indexOf('rsp');

/** A way in numbers: its kind and what byTable wants; the return address that it was last followed by (halves), and where to. */
const FIELDS = 9;
const BY_TABLE = 1;
const LAST = 6;
const KINDS: readonly PlaceKind[] = ['other', 'end', 'table', 'entry', 'guess'];
const OTHER = 0;
const END = 1;
const TABLE = 2;
const ENTRY = 3;
/** Before the address of an interrupted frame, in the tree: no address. */
const INTERRUPTED = 1;

export interface PlainCode<F, R> {
  /** `exact`: execution stands there, otherwise it returns there. `cpl`: of the sample, and 0 for callers. */
  place(pc: bigint, exact: boolean, cpl: number): CodePlace;
  /** Innermost first. */
  frames(pc: bigint, exact: boolean, cpl: number): readonly F[];
  /** As a return address, or where an interrupt came. */
  isCode(address: bigint): boolean;
  /** Of a whole stack, outermost first. */
  result(frames: readonly F[]): R;
}

interface Way<F, R> {
  readonly frames: readonly F[];
  readonly callee: Way<F, R> | undefined;
  /** Of all frames from the sample's up to here. */
  readonly count: number;
  result: R | undefined;
}

export class PlainStacks<F, R> {
  private readonly steps = new Transitions();
  private readonly ways = new Map<number, Way<F, R>>();
  private numbers = new Int32Array(FIELDS * 256);
  private readonly walk: PlainWalk;

  constructor(
    private readonly code: PlainCode<F, R>,
    private readonly mostFrames: number,
    private readonly mostWays = MOST_WAYS,
  ) {
    this.walk = new PlainWalk((address) => code.isCode(address));
  }

  /** Symbols have come or moved. */
  clear(): void {
    this.steps.clear();
    this.ways.clear();
  }

  /** Bytes of the stack that the last one found was followed by. */
  get reach(): number {
    return this.walk.reach;
  }

  /** undefined: it is not plain, or not in what was kept of it. */
  find({ cpl, mode, stack }: SampleStart, words: SampleWords): R | undefined {
    if (mode !== 'long64' || words.lo(RSP) % WORD_BYTES !== 0) return undefined;
    const { walk } = this;
    walk.begin(words, stack.length);
    let before = FAR;
    let way = this.follow(this.steps.make(this.steps.root, cpl, 0), undefined, cpl, words.lo(RIP) | 0, words.hi(RIP) | 0);
    for (;;) {
      const { numbers } = this;
      const number = way * FIELDS;
      const kind = numbers[number]!;
      if (kind === OTHER) return undefined;
      if (kind === END) return this.resultOf(way);
      const wasExact = walk.exact;
      if (!(kind === TABLE ? walk.byTable(numbers, number + BY_TABLE) : walk.byGuess(kind === ENTRY))) return undefined;
      if (walk.returnAt === NONE) return this.resultOf(way);
      const at = walk.placeOf(walk.returnAt);
      const lo = walk.halves[at]! | 0;
      const hi = walk.halves[at + 1]! | 0;
      if (lo === 0 && hi === 0) return this.resultOf(way);
      if (walk.cfa <= before && !walk.exact && !wasExact) return undefined;
      before = walk.cfa;
      if (walk.exact) way = this.follow(this.steps.make(way, INTERRUPTED, INTERRUPTED), way, cpl, lo, hi);
      else if (numbers[number + LAST] === lo && numbers[number + LAST + 1] === hi) way = numbers[number + LAST + 2]!;
      else way = this.followCall(way, cpl, lo, hi);
    }
  }

  private followCall(from: number, cpl: number, lo: number, hi: number): number {
    const way = this.follow(from, from, cpl, lo, hi);
    const last = from * FIELDS + LAST;
    this.numbers[last] = lo;
    this.numbers[last + 1] = hi;
    this.numbers[last + 2] = way;
    return way;
  }

  private follow(from: number, callee: number | undefined, cpl: number, lo: number, hi: number): number {
    return this.steps.step(from, lo, hi) || this.learn(from, callee, cpl, lo, hi);
  }

  private learn(from: number, called: number | undefined, cpl: number, lo: number, hi: number): number {
    if (this.steps.size >= this.mostWays) {
      this.clear();
      return 0;
    }
    const pc = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    // Whose code it is says the sample for its own frame.
    const callee = called === undefined ? undefined : this.ways.get(called);
    const ofSample = callee === undefined ? cpl : 0;
    const frames = this.code.frames(pc, this.walk.exact, ofSample);
    const count = (callee?.count ?? 0) + frames.length;
    const way = this.steps.make(from, lo, hi);
    this.ways.set(way, { frames, callee, count, result: undefined });
    this.put(way, this.code.place(pc, this.walk.exact, ofSample), count < this.mostFrames);
    return way;
  }

  private put(way: number, { kind, byPointer, cfa, returnAt, pointerAt, mayBeInterrupt }: CodePlace, isWhole: boolean): void {
    if ((way + 1) * FIELDS > this.numbers.length) {
      const old = this.numbers;
      this.numbers = new Int32Array(Math.max(old.length * 2, (way + 1) * FIELDS));
      this.numbers.set(old);
    }
    const pointer = pointerAt === 'same' ? SAME : pointerAt === 'lost' ? LOST : pointerAt;
    const number = isWhole ? KINDS.indexOf(kind) : OTHER;
    this.numbers.set([number, byPointer ? 1 : 0, cfa, returnAt ?? NONE, pointer, mayBeInterrupt ? 1 : 0, 0, 0, OTHER], way * FIELDS);
  }

  private resultOf(way: number): R | undefined {
    const end = this.ways.get(way)!;
    if (end.result === undefined) {
      const frames: F[] = [];
      for (let at: Way<F, R> | undefined = end; at !== undefined; at = at.callee) frames.push(...at.frames.toReversed());
      end.result = this.code.result(frames);
    }
    return end.result;
  }
}
