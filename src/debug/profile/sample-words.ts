// A sample's registers and stack as numbered words, each in two halves: a thousand samples a second are looked at word by word, and BigInts would be garbage.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

/** Number of the word at RSP; below it are PROFILE_REGISTERS. */
export const FIRST_OF_STACK = PROFILE_REGISTERS.length;
export const WORD_BYTES = 8;

/** Of samples that share pieces of memory, as those of a batch do, these are looked at through one array each. */
export class WordReader {
  private registers: Uint32Array = new Uint32Array(0);
  private stacks: Uint32Array = new Uint32Array(0);

  of({ registers, stack }: ProfileSample): SampleWords {
    if (registers.buffer !== this.registers.buffer) this.registers = new Uint32Array(registers.buffer, 0, registers.buffer.byteLength >> 2);
    if (stack.byteOffset % WORD_BYTES === 0 && stack.buffer.byteLength % WORD_BYTES === 0) {
      if (stack.buffer !== this.stacks.buffer) this.stacks = new Uint32Array(stack.buffer);
      return new SampleWords(this.registers, registers.byteOffset >> 2, this.stacks, stack.byteOffset >> 2);
    }
    const own = new Uint8Array(Math.ceil(stack.length / WORD_BYTES) * WORD_BYTES);
    own.set(stack);
    return new SampleWords(this.registers, registers.byteOffset >> 2, new Uint32Array(own.buffer), 0);
  }
}

/** By a word's number. Behind the last one there may be anything. */
export class SampleWords {
  private readonly stack: number;

  constructor(
    private readonly registers: Uint32Array,
    private readonly registersAt: number,
    /** Where `placeOf` is. */
    readonly halves: Uint32Array,
    stackAt: number,
  ) {
    this.stack = stackAt - FIRST_OF_STACK * 2;
  }

  /** Where the halves of a word of the stack are. */
  placeOf(word: number): number {
    return this.stack + word * 2;
  }

  lo(word: number): number {
    return (word < FIRST_OF_STACK ? this.registers[this.registersAt + word * 2] : this.halves[this.stack + word * 2]) ?? 0;
  }
  hi(word: number): number {
    return (word < FIRST_OF_STACK ? this.registers[this.registersAt + word * 2 + 1] : this.halves[this.stack + word * 2 + 1]) ?? 0;
  }
}
