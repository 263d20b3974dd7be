// What following a stack has looked at, in its order: which words of the sample its frames come from.
import { PROFILE_REGISTERS } from '../../machine/control/profile-types';
import { FIRST_OF_STACK, WORD_BYTES } from './sample-words';

/** One word, or several that were searched for what an interrupt pushed and for return addresses. */
export interface Question {
  readonly from: number;
  readonly to: number;
}

/** A load, or a frame pointer with the return address behind it: every bit of them counts. */
const MOST_LOADED = 2;
const NAMES: readonly string[] = PROFILE_REGISTERS;

export class AskedWords {
  private readonly asked: Question[] = [];
  private readonly words = new Set<number>();

  constructor(
    /** Of the stack, as kept. */
    private readonly stackLength: number,
    /** Words are searched one by one, so that what is neither code nor of an interrupt makes no difference. */
    private readonly searches: boolean,
  ) {}

  /** undefined: of a word only a part was kept, and that was looked at. */
  get questions(): readonly Question[] | undefined {
    return this.isWhole ? this.asked : undefined;
  }
  private isWhole = true;

  register(name: string): void {
    const word = NAMES.indexOf(name);
    if (word >= 0) this.word(word);
  }

  /** Bytes of the stack; what is behind its end is left out. */
  stack(at: number, length: number): void {
    const end = Math.min(at + length, this.stackLength);
    const from = FIRST_OF_STACK + Math.floor(at / WORD_BYTES);
    const to = FIRST_OF_STACK + Math.ceil(end / WORD_BYTES);
    if ((to - FIRST_OF_STACK) * WORD_BYTES > this.stackLength) this.isWhole = false;
    if (this.searches && at % WORD_BYTES === 0 && to - from > MOST_LOADED) this.asked.push({ from, to });
    else for (let word = from; word < to; word++) this.word(word);
  }

  private word(word: number): void {
    if (this.words.has(word)) return;
    this.words.add(word);
    this.asked.push({ from: word, to: word + 1 });
  }
}
