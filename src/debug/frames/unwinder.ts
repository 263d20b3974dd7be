// From a frame to its caller: by call frame information, else by the frame pointer; where neither works the stack ends with a named reason.
import { unsignedOf } from '../../symbols/location';
import { type CallerFrame, unwindFrame } from '../../symbols/unwind';
import { preferredRow } from '../linux/orc-rows';
import { DWARF_FRAME_POINTER, DWARF_RETURN_ADDRESS, DWARF_STACK_POINTER } from '../registers/names';
import { type FoundBy, PhysicalFrame } from './physical-frame';
import type { VcpuStop } from './vcpu-stop';

export type StackEnd =
  /** No return address: the first function, or a thread's first. */
  { readonly kind: 'outermost' } | { readonly kind: 'broken'; readonly reason: string };

export type Unwound = { readonly kind: 'frame'; readonly frame: PhysicalFrame } | StackEnd;

const OUTERMOST: StackEnd = { kind: 'outermost' };
const broken = (reason: string): StackEnd => ({ kind: 'broken', reason });
const hex = (value: bigint): string => `0x${value.toString(16)}`;
const MAX_FRAMES = 1000;
const DWARF_CS = 51;

export function topFrame(stop: VcpuStop): PhysicalFrame {
  const linked = stop.context.addresses.toLinked(stop.pc);
  return new PhysicalFrame(stop, 0, stop.pc, linked, true, undefined);
}

export async function unwind(frame: PhysicalFrame): Promise<Unwound> {
  if (frame.index >= MAX_FRAMES) return broken(`more than ${MAX_FRAMES} frames`);
  const { stop } = frame;
  const { symbols } = stop.context;
  if (frame.isUser) return OUTERMOST;
  const row = await preferredRow(frame, symbols.unwindRow(frame.lookupPc), symbols.orcRow(frame.lookupPc));
  if (row === 'end') return OUTERMOST;
  if (row) {
    const recovered = await unwindFrame(row, frame, stop.addressSize);
    if (!recovered) return broken(`the frame address at ${hex(frame.pc)} cannot be computed`);
    frame.setCfa(recovered.cfa);
    if (!row.registers.has(row.returnAddressRegister)) return OUTERMOST;
    const rule = row.registers.get(row.returnAddressRegister);
    if (rule?.kind === 'undefined') return OUTERMOST;
    if (recovered.returnAddress === undefined) return broken(`the stack at ${hex(recovered.cfa)} is not readable`);
    const isUser = row.signalFrame && ((await recovered.register(DWARF_CS)) ?? 0n) % 4n === 3n;
    return caller(frame, recovered, row, row.signalFrame, isUser);
  }
  return byFramePointer(frame);
}

function caller(frame: PhysicalFrame, recovered: CallerFrame, row: FoundBy['row'], exact: boolean, isUser = false): Unwound {
  const { stop } = frame;
  const returnAddress = recovered.returnAddress ?? 0n;
  if (returnAddress === 0n) return OUTERMOST;
  const previous = frame.callee?.knownCfa;
  // An expression tells of another stack.
  if (previous !== undefined && recovered.cfa <= previous && !exact && row?.cfa.kind !== 'expression' && !frame.exact)
    return broken(`the frame address ${hex(recovered.cfa)} does not go up`);
  const linked = stop.context.addresses.toLinked(returnAddress);
  if (!isUser && !isCode(frame, linked)) return broken(`the return address ${hex(returnAddress)} is in no known function`);
  const found = new PhysicalFrame(stop, frame.index + 1, returnAddress, linked, exact, { callee: frame, recovered, row }, isUser);
  frame.callerFrame = found;
  return { kind: 'frame', frame: found };
}

function isCode(frame: PhysicalFrame, linked: bigint): boolean {
  const { symbols } = frame.stop.context;
  return symbols.functionAt(linked) !== undefined || symbols.functionAt(linked - 1n) !== undefined;
}

/** push rbp; mov rbp, rsp: [rbp] is the caller's rbp, [rbp+8] the return address. At a function's first instruction it is at [rsp]. */
async function byFramePointer(frame: PhysicalFrame): Promise<Unwound> {
  const { stop } = frame;
  const size = BigInt(stop.addressSize);
  const numbers = stop.is64 ? 'is64' : 'is32';
  const stackPointer = await frame.register(DWARF_STACK_POINTER[numbers]);
  const framePointer = await frame.register(DWARF_FRAME_POINTER[numbers]);
  if (stackPointer === undefined) return broken(`the stack pointer at ${hex(frame.pc)} is not known`);
  const start = stop.context.symbols.symbolAt(frame.linkedPc);
  if (start === undefined) return broken(`no symbol and no call frame information at ${hex(frame.pc)}`);
  if (frame.exact && start.offset === 0n && start.isFunction) {
    const returnAddress = await load(frame, stackPointer);
    const linked = stop.context.addresses.toLinked(returnAddress ?? 0n);
    if (returnAddress !== undefined && returnAddress !== 0n && isCode(frame, linked)) {
      frame.setCfa(stackPointer + size);
      return caller(frame, recovered(frame, stackPointer + size, returnAddress, framePointer), undefined, false);
    }
  }
  // The ABI's mark of the outermost frame.
  if (framePointer === 0n) return OUTERMOST;
  if (framePointer === undefined || framePointer < stackPointer || framePointer % size !== 0n || framePointer - stackPointer > 0x100000n) {
    return broken(`no call frame information at ${hex(frame.pc)} (${start.name}), and rbp is no frame pointer`);
  }
  const saved = await load(frame, framePointer);
  const returnAddress = await load(frame, framePointer + size);
  if (saved === undefined || returnAddress === undefined) return broken(`the stack at ${hex(framePointer)} is not readable`);
  frame.setCfa(framePointer + 2n * size);
  return caller(frame, recovered(frame, framePointer + 2n * size, returnAddress, saved), undefined, false);
}

function recovered(frame: PhysicalFrame, cfa: bigint, returnAddress: bigint, framePointer: bigint | undefined): CallerFrame {
  const numbers = frame.stop.is64 ? 'is64' : 'is32';
  return {
    cfa,
    returnAddress,
    register: async (register) => {
      if (register === DWARF_STACK_POINTER[numbers]) return cfa;
      if (register === DWARF_FRAME_POINTER[numbers]) return framePointer;
      return register === DWARF_RETURN_ADDRESS[numbers] ? returnAddress : undefined;
    },
  };
}

async function load(frame: PhysicalFrame, address: bigint): Promise<bigint | undefined> {
  const bytes = await frame.memory(address, frame.stop.addressSize);
  return bytes && unsignedOf(bytes);
}
