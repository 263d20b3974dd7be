// Stacks that were followed before, found again by the words that following them looked at, and by no others.
//
// Following a stack is a matter of the sample alone: it asks for one word after the other, and what it asks next is decided by the answers so far. So the questions and
// answers of all stacks make a tree: a sample whose answers lead to its end has the frames that were found there. In a loop nearly all samples do.
import type { AskedWords, Question } from './asked-words';
import type { SampleWords } from './sample-words';
import { Transitions } from './transitions';

const MOST_STATES = 400_000;
const MOST_WORDS = 100_000;
const LEAST_POINTER = 0x1000;
/** Beside the number of a word: what an interrupt pushed follows. */
const INTERRUPT = 1 << 25;
const INTERRUPT_WORDS = 5;
const END = -1;

/** As an interrupt pushes CS and RFLAGS (stack-words.ts tells them apart more exactly). */
const isSelector = (lo: number, hi: number): boolean => hi === 0 && lo >= 4 && lo <= 0xffff;
const isFlags = (lo: number, hi: number): boolean => hi === 0 && (lo & 2) !== 0 && lo < 0x40_0000;

/** What makes two samples different before anything of them is asked. */
export interface SampleStart {
  readonly cpl: number;
  readonly mode: string;
  readonly stack: Uint8Array;
}

export class KnownStacks<T> {
  private readonly steps = new Transitions();
  /** By state. */
  private readonly questions = new Map<number, Question>();
  private readonly known = new Map<number, T>();
  /** By halves of a word: it points into code. */
  private readonly words = new Map<number, Map<number, boolean>>();
  private count = 0;
  private readonly modes: string[] = [];
  private learning = false;

  constructor(
    private readonly rip: number,
    private readonly isCode: (address: bigint) => boolean,
    private readonly mostStates = MOST_STATES,
  ) {}

  /** Symbols have come or moved. */
  clear(): void {
    this.steps.clear();
    this.questions.clear();
    this.known.clear();
    this.words.clear();
    this.count = 0;
  }

  get(sample: SampleStart, words: SampleWords): T | undefined {
    this.learning = false;
    let state = this.begin(sample, words);
    for (;;) {
      const question = this.questions.get(state);
      if (question === undefined) return this.known.get(state);
      state = this.answer(state, question, words);
    }
  }

  /** What was found, and what was asked for it. */
  add(sample: SampleStart, words: SampleWords, asked: AskedWords, value: T): void {
    const { questions } = asked;
    if (questions === undefined) return;
    if (this.steps.size > this.mostStates) this.clear();
    this.learning = true;
    let state = this.begin(sample, words);
    for (const question of questions) {
      const there = this.questions.get(state);
      // Two that wait for memory at the same time may ask in either order: one of them is kept.
      if (this.known.has(state) || (there !== undefined && (there.from !== question.from || there.to !== question.to))) return;
      if (there === undefined) this.questions.set(state, question);
      state = this.answer(state, question, words);
    }
    if (!this.questions.has(state)) this.known.set(state, value);
  }

  private step(state: number, lo: number, hi: number): number {
    return this.learning ? this.steps.make(state, lo, hi) : this.steps.step(state, lo, hi);
  }

  private word(state: number, words: SampleWords, word: number): number {
    return this.step(state, words.lo(word), words.hi(word));
  }

  private begin({ cpl, mode, stack }: SampleStart, words: SampleWords): number {
    let number = this.modes.indexOf(mode);
    if (number < 0) number = this.modes.push(mode) - 1;
    return this.word(this.step(this.steps.root, cpl | (number << 2), stack.length), words, this.rip);
  }

  /** Of a search: what an interrupt may have pushed, and words that point into code, with where they stand. */
  private answer(from: number, question: Question, words: SampleWords): number {
    if (question.to === question.from + 1) return this.word(from, words, question.from);
    let state = from;
    for (let word = question.from; word < question.to && state !== 0; word++) {
      const [lo, hi] = [words.lo(word), words.hi(word)];
      const isPushed = isSelector(lo, hi) && word > question.from && word + 1 < question.to;
      if (isPushed && isFlags(words.lo(word + 1), words.hi(word + 1))) {
        const last = Math.min(question.to, word - 1 + INTERRUPT_WORDS);
        state = this.step(state, INTERRUPT | word, last);
        for (let pushed = word - 1; pushed < last; pushed++) state = this.word(state, words, pushed);
      } else if ((hi !== 0 || lo >= LEAST_POINTER) && this.pointsToCode(lo, hi)) {
        state = this.step(this.step(state, word, 0), lo, hi);
      }
    }
    return this.step(state, END, END);
  }

  private pointsToCode(lo: number, hi: number): boolean {
    return this.words.get(hi)?.get(lo) ?? this.look(lo, hi);
  }

  private look(lo: number, hi: number): boolean {
    if (this.count++ >= MOST_WORDS) {
      this.words.clear();
      this.count = 0;
    }
    const answer = this.isCode((BigInt(hi) << 32n) | BigInt(lo));
    const ofHalf = this.words.get(hi);
    if (ofHalf) ofHalf.set(lo, answer);
    else this.words.set(hi, new Map([[lo, answer]]));
    return answer;
  }
}
