// A sample's registers and stack as numbered words, each in two halves: a thousand samples a second are looked at word by word, and BigInts would be garbage.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

/** Number of the word at RSP; below it are PROFILE_REGISTERS. */
export const FIRST_OF_STACK = PROFILE_REGISTERS.length;
export const WORD_BYTES = 8;

function halvesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint32Array {
  const length = byteLength >> 2;
  if ((byteOffset & 3) === 0) return new Uint32Array(buffer, byteOffset, length);
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + length * 4));
}

export class SampleWords {
  private readonly registers: Uint32Array;
  private readonly stack: Uint32Array;

  constructor({ registers, stack }: ProfileSample) {
    this.registers = halvesOf(registers);
    this.stack = halvesOf(stack);
  }

  lo(word: number): number {
    return (word < FIRST_OF_STACK ? this.registers[word * 2] : this.stack[(word - FIRST_OF_STACK) * 2]) ?? 0;
  }
  hi(word: number): number {
    return (word < FIRST_OF_STACK ? this.registers[word * 2 + 1] : this.stack[(word - FIRST_OF_STACK) * 2 + 1]) ?? 0;
  }
}
