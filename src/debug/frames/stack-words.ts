// Words of a guest's stack, and what the words of an interrupted program look like there (SDM vol 3, 6.12.1 and 6.14.2): RIP, CS, RFLAGS,
// RSP, SS in 64-bit mode; EIP, CS, EFLAGS in 32-bit mode, with ESP and SS behind them only when the privilege changed.
import { DWARF_FRAME_POINTER, DWARF_RETURN_ADDRESS, DWARF_STACK_POINTER } from '../registers/names';
import type { PhysicalFrame } from './physical-frame';

export interface InterruptedPlace {
  readonly pc: bigint;
  readonly stackPointer: bigint;
  readonly isUser: boolean;
}

/** RFLAGS: bit 1 is always set, bits 3, 5, 15 and those from 22 up are always clear (SDM vol 1, 3.4.3). */
const FLAGS_SET = 0x2n;
const FLAGS_CLEAR = 0xffff_ffff_ffc0_8028n;
const MOST_SELECTOR = 0xffffn;

export const registersOf = (frame: PhysicalFrame) => {
  const kind = frame.stop.is64 ? 'is64' : 'is32';
  return { stackPointer: DWARF_STACK_POINTER[kind], framePointer: DWARF_FRAME_POINTER[kind], returnAddress: DWARF_RETURN_ADDRESS[kind] };
};

/** As many words as can be read from an address on, at most `count`. */
export async function wordsAt(frame: PhysicalFrame, address: bigint, count: number): Promise<readonly bigint[]> {
  const size = frame.stop.addressSize;
  for (let want = count; want > 0; want >>= 1) {
    const bytes = await frame.memory(address, want * size);
    if (!bytes || bytes.length < want * size) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: want }, (_, i) => (size === 8 ? view.getBigUint64(i * 8, true) : BigInt(view.getUint32(i * 4, true))));
  }
  return [];
}

export function isCode(frame: PhysicalFrame, pc: bigint): boolean {
  const { symbols, addresses } = frame.stop.context;
  const linked = addresses.toLinked(pc);
  return symbols.functionAt(linked) !== undefined || symbols.functionAt(linked - 1n) !== undefined;
}

/** What an interrupt pushed, if that is what `words` (the first of which is at `address`) begin with. */
export function interruptedAt(frame: PhysicalFrame, words: readonly bigint[], at: number, address: bigint): InterruptedPlace | undefined {
  const [pc, codeSelector, flags, stackPointer, stackSelector] = words.slice(at, at + 5);
  if (pc === undefined || codeSelector === undefined || flags === undefined) return undefined;
  const { stop } = frame;
  if ((flags & FLAGS_SET) === 0n || (flags & FLAGS_CLEAR) !== 0n) return undefined;
  if (codeSelector > MOST_SELECTOR || codeSelector < 4n || (codeSelector & 4n) !== 0n) return undefined;
  const isUser = (codeSelector & 3n) === 3n;
  // The kernel's own code selector is the one that runs now.
  if (!isUser && codeSelector !== (stop.value('cs') & MOST_SELECTOR)) return undefined;
  if (!isUser && !isCode(frame, pc)) return undefined;
  const pushesStack = stop.is64 || isUser;
  const behind = address + BigInt((pushesStack ? 5 : 3) * stop.addressSize);
  if (!pushesStack) return { pc, stackPointer: behind, isUser };
  if (stackPointer === undefined || stackSelector === undefined || stackSelector > MOST_SELECTOR) return undefined;
  // Interrupted on the same stack, RSP was aligned to 16 before the push; another stack may be anywhere else.
  if (!isUser && stackPointer >= address && (stackPointer < behind || stackPointer >= behind + 16n)) return undefined;
  return { pc, stackPointer, isUser };
}
