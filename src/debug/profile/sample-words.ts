// A sample's registers and stack as numbered words, each in two halves: a thousand samples a second are looked at word by word, and BigInts would be garbage.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

/** Number of the word at RSP; below it are PROFILE_REGISTERS. */
export const FIRST_OF_STACK = PROFILE_REGISTERS.length;
export const WORD_BYTES = 8;

/** Of samples that share one piece of memory, as a batch does, it is looked at through one array. */
export class WordReader {
  private halves: Uint32Array = new Uint32Array(0);

  of({ registers, stack }: ProfileSample): SampleWords {
    if (registers.buffer !== this.halves.buffer) this.halves = new Uint32Array(registers.buffer, 0, registers.buffer.byteLength >> 2);
    if (stack.buffer === registers.buffer && stack.byteOffset % WORD_BYTES === 0)
      return new SampleWords(this.halves, registers.byteOffset >> 2, stack.byteOffset >> 2);
    const own = new Uint8Array(registers.byteLength + Math.ceil(stack.length / WORD_BYTES) * WORD_BYTES);
    own.set(new Uint8Array(registers.buffer, registers.byteOffset, registers.byteLength));
    own.set(stack, registers.byteLength);
    return new SampleWords(new Uint32Array(own.buffer), 0, registers.byteLength >> 2);
  }
}

/** By a word's number. Behind the last one there may be anything. */
export class SampleWords {
  private readonly stack: number;

  constructor(
    readonly halves: Uint32Array,
    private readonly registers: number,
    stack: number,
  ) {
    this.stack = stack - FIRST_OF_STACK * 2;
  }

  /** Where the halves of a word of the stack are. */
  placeOf(word: number): number {
    return this.stack + word * 2;
  }

  lo(word: number): number {
    return this.halves[(word < FIRST_OF_STACK ? this.registers : this.stack) + word * 2] ?? 0;
  }
  hi(word: number): number {
    return this.halves[(word < FIRST_OF_STACK ? this.registers : this.stack) + word * 2 + 1] ?? 0;
  }
}
