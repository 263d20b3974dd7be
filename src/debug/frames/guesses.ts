// From a frame to its caller where no table describes the frame: what an interrupt pushed, the frame pointer, or a search of the stack
// for an address behind a call. Each names itself, so that a person knows how far to trust the frame.
import type { CallerFrame } from '../../symbols/unwind';
import type { PhysicalFrame } from './physical-frame';
import { type InterruptedPlace, interruptedAt, isCode, registersOf, wordsAt } from './stack-words';

/** How a frame was found: by tables (CFI, Linux's ORC), or by one of the guesses. */
export type Strategy = 'cfi' | 'orc' | 'interrupt frame' | 'return address' | 'frame pointer' | 'scan';

export interface Guess {
  readonly strategy: Strategy;
  readonly recovered: CallerFrame;
  /** Execution stands there, not behind a call. */
  readonly exact: boolean;
  readonly isUser: boolean;
}

const MOST_WORDS = 512;
const MOST_DISTANCE = 0x100000n;
/** Bytes of "call" with a register or memory operand (FF /2), without prefixes. */
const INDIRECT_CALL_SIZES: readonly number[] = [2, 3, 4, 6, 7];

/** Between the stack pointer and the frame pointer, which still is the interrupted function's. */
export async function byInterruptFrame(frame: PhysicalFrame): Promise<Guess | undefined> {
  const { stackPointer, framePointer } = registersOf(frame);
  const start = await frame.register(stackPointer);
  const base = await frame.register(framePointer);
  if (start === undefined) return undefined;
  const size = BigInt(frame.stop.addressSize);
  const isNear = base !== undefined && base > start && base - start < MOST_DISTANCE;
  const count = isNear ? Math.min(MOST_WORDS, Number((base - start) / size)) : MOST_WORDS / 8;
  const words = await wordsAt(frame, start, count);
  for (let at = 0; at + 3 <= words.length; at++) {
    const address = start + BigInt(at) * size;
    const place = interruptedAt(frame, words, at, address);
    if (place) return interrupted(frame, place, address);
  }
  return undefined;
}

/** An interrupt's own words behind what call frame information says, which knows them only as a return address (and an error code). */
export async function behindCall(frame: PhysicalFrame, cfa: bigint): Promise<Guess | undefined> {
  const size = BigInt(frame.stop.addressSize);
  const start = cfa - size;
  const words = await wordsAt(frame, start, 8);
  for (const at of [0, 1]) {
    const address = start + BigInt(at) * size;
    const place = interruptedAt(frame, words, at, address);
    // In 32-bit mode three words are little to tell by.
    if (place && (frame.stop.is64 || (frame.exact && frame.index === 0))) return interrupted(frame, place, address);
  }
  return undefined;
}

function interrupted(frame: PhysicalFrame, place: InterruptedPlace, cfa: bigint): Guess {
  const { stackPointer, returnAddress } = registersOf(frame);
  const register = async (number: number): Promise<bigint | undefined> => {
    if (number === stackPointer) return place.stackPointer;
    if (number === returnAddress) return place.pc;
    return frame.register(number);
  };
  const recovered = { cfa, returnAddress: place.pc, register };
  return { strategy: 'interrupt frame', recovered, exact: true, isUser: place.isUser };
}

/** At a function's first instruction the return address is on top of the stack. */
export async function atEntry(frame: PhysicalFrame): Promise<Guess | undefined> {
  const start = frame.stop.context.symbols.symbolAt(frame.linkedPc);
  if (!frame.exact || start?.offset !== 0n || !start.isFunction) return undefined;
  const { stackPointer, framePointer } = registersOf(frame);
  const top = await frame.register(stackPointer);
  const [returnAddress] = top === undefined ? [] : await wordsAt(frame, top, 1);
  if (top === undefined || returnAddress === undefined || returnAddress === 0n || !isCode(frame, returnAddress)) return undefined;
  const cfa = top + BigInt(frame.stop.addressSize);
  return called('return address', frame, cfa, returnAddress, await frame.register(framePointer));
}

/** push rbp; mov rbp, rsp: [rbp] is the caller's rbp, [rbp+8] the return address. undefined: rbp is no frame pointer. */
export async function byFramePointer(frame: PhysicalFrame): Promise<Guess | undefined> {
  const numbers = registersOf(frame);
  const size = BigInt(frame.stop.addressSize);
  const [stackPointer, framePointer] = await Promise.all([frame.register(numbers.stackPointer), frame.register(numbers.framePointer)]);
  if (stackPointer === undefined || framePointer === undefined) return undefined;
  if (framePointer < stackPointer || framePointer % size !== 0n || framePointer - stackPointer > MOST_DISTANCE) return undefined;
  const [saved, returnAddress] = await wordsAt(frame, framePointer, 2);
  if (saved === undefined || returnAddress === undefined) return undefined;
  return called('frame pointer', frame, framePointer + 2n * size, returnAddress, saved);
}

/** The nearest word that follows a call, best one to this very function. */
export async function byScan(frame: PhysicalFrame): Promise<Guess | undefined> {
  const { stackPointer, framePointer } = registersOf(frame);
  const start = await frame.register(stackPointer);
  if (start === undefined) return undefined;
  const size = BigInt(frame.stop.addressSize);
  const words = await wordsAt(frame, start, MOST_WORDS / 4);
  const { symbols, addresses } = frame.stop.context;
  const entry = symbols.functionAt(frame.lookupPc)?.lowAddress ?? symbols.symbolAt(frame.lookupPc)?.address;
  let nearest: Guess | undefined;
  for (const [at, word] of words.entries()) {
    if (word === 0n || !isCode(frame, word)) continue;
    const target = await calledBefore(frame, word);
    if (target === undefined) continue;
    const base = await frame.register(framePointer);
    const guess = called('scan', frame, start + BigInt(at + 1) * size, word, base);
    if (typeof target === 'bigint' && entry !== undefined && addresses.toLinked(target) === entry) return guess;
    nearest ??= guess;
  }
  return nearest;
}

/** Whether a call ends at an address, and where it goes if that is known. */
async function calledBefore(frame: PhysicalFrame, address: bigint): Promise<bigint | 'somewhere' | undefined> {
  const bytes = await frame.memory(address - 7n, 7);
  if (!bytes || bytes.length < 7) return undefined;
  if (bytes[2] === 0xe8) {
    const distance = new DataView(bytes.buffer, bytes.byteOffset, 7).getInt32(3, true);
    const target = BigInt.asUintN(frame.stop.addressSize * 8, address + BigInt(distance));
    if (isCode(frame, target)) return target;
  }
  const isIndirect = INDIRECT_CALL_SIZES.some((size) => bytes[7 - size] === 0xff && (bytes[8 - size]! & 0x38) === 0x10);
  return isIndirect ? 'somewhere' : undefined;
}

function called(strategy: Strategy, frame: PhysicalFrame, cfa: bigint, returnAddress: bigint, framePointer: bigint | undefined): Guess {
  const numbers = registersOf(frame);
  const register = async (number: number): Promise<bigint | undefined> => {
    if (number === numbers.stackPointer) return cfa;
    if (number === numbers.framePointer) return framePointer;
    return number === numbers.returnAddress ? returnAddress : undefined;
  };
  return { strategy, recovered: { cfa, returnAddress, register }, exact: false, isUser: false };
}
