// From a frame to its caller: by the tables that describe its code, else by guesses; where none works the stack ends with a named reason.
import { type CallerFrame, unwindFrame } from '../../symbols/unwind';
import { preferredRow } from '../linux/orc-rows';
import { atEntry, behindCall, byFramePointer, byInterruptFrame, byScan, type Guess, type Strategy } from './guesses';
import { type FoundBy, PhysicalFrame } from './physical-frame';
import { isCode, registersOf } from './stack-words';
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
  const isUser = stop.context.knowledge !== undefined && (stop.value('cs') & 3n) === 3n;
  return new PhysicalFrame(stop, 0, stop.pc, linked, true, undefined, isUser);
}

export async function unwind(frame: PhysicalFrame): Promise<Unwound> {
  if (frame.index >= MAX_FRAMES) return broken(`more than ${MAX_FRAMES} frames`);
  const { stop } = frame;
  const { symbols } = stop.context;
  if (frame.isUser && !(await hasOwnSymbols(frame))) return OUTERMOST;
  const described = symbols.unwindRow(frame.lookupPc);
  const row = await preferredRow(frame, described, symbols.orcRow(frame.lookupPc));
  if (row === 'end') return OUTERMOST;
  if (!row) return byGuess(frame);
  const recovered = await unwindFrame(row, frame, stop.addressSize);
  if (!recovered) return broken(`the frame address at ${hex(frame.pc)} cannot be computed`);
  frame.setCfa(recovered.cfa);
  if (!row.registers.has(row.returnAddressRegister)) return OUTERMOST;
  const rule = row.registers.get(row.returnAddressRegister);
  if (rule?.kind === 'undefined') return OUTERMOST;
  if (recovered.returnAddress === undefined) return broken(`the stack at ${hex(recovered.cfa)} is not readable`);
  const strategy: Strategy = row === described ? 'cfi' : 'orc';
  const isUser = row.signalFrame && ((await recovered.register(DWARF_CS)) ?? 0n) % 4n === 3n;
  // A handler that a compiler made an interrupt's (its attribute) is described like any function.
  const interrupted = strategy === 'cfi' && !row.signalFrame ? await behindCall(frame, recovered.cfa) : undefined;
  if (interrupted)
    return guessed(frame, {
      ...interrupted,
      recovered: { ...interrupted.recovered, register: throughHandler(interrupted, recovered, frame) },
    });
  return caller(frame, recovered, row, strategy, row.signalFrame, isUser);
}

/** What the handler saved of the interrupted function's registers, call frame information knows. */
function throughHandler(guess: Guess, recovered: CallerFrame, frame: PhysicalFrame): CallerFrame['register'] {
  const { stackPointer, returnAddress } = registersOf(frame);
  return (number) => (number === stackPointer || number === returnAddress ? guess.recovered.register(number) : recovered.register(number));
}

async function byGuess(frame: PhysicalFrame): Promise<Unwound> {
  const { framePointer, stackPointer } = registersOf(frame);
  const start = frame.stop.context.symbols.symbolAt(frame.linkedPc);
  if ((await frame.register(stackPointer)) === undefined) return broken(`the stack pointer at ${hex(frame.pc)} is not known`);
  if (start === undefined && frame.index > 0) return broken(`no symbol and no call frame information at ${hex(frame.pc)}`);
  const sure = (await byInterruptFrame(frame)) ?? (await atEntry(frame));
  if (sure) return guessed(frame, sure);
  // The ABI's mark of the outermost frame.
  if ((await frame.register(framePointer)) === 0n) return OUTERMOST;
  const pointer = await byFramePointer(frame);
  if (pointer && isCode(frame, pointer.recovered.returnAddress ?? 0n)) return guessed(frame, pointer);
  if (pointer?.recovered.returnAddress === 0n) return OUTERMOST;
  const scanned = await byScan(frame);
  if (scanned) return guessed(frame, scanned);
  if (pointer) return guessed(frame, pointer);
  return broken(
    `no call frame information at ${hex(frame.pc)}${start ? ` (${start.name})` : ''}, rbp is no frame pointer, and no call is on the stack`,
  );
}

/** Of a process: only what its program says is followed. */
async function hasOwnSymbols({ stop, lookupPc, pc }: PhysicalFrame): Promise<boolean> {
  const { symbols, knowledge } = stop.context;
  return symbols.unwindRow(lookupPc) !== undefined && (await knowledge?.isOfSymbols(stop, pc)) === true;
}

function guessed(frame: PhysicalFrame, { strategy, recovered, exact, isUser }: Guess): Unwound {
  frame.setCfa(recovered.cfa);
  return caller(frame, recovered, undefined, strategy, exact, isUser);
}

function caller(
  frame: PhysicalFrame,
  recovered: CallerFrame,
  row: FoundBy['row'],
  strategy: Strategy,
  exact: boolean,
  isUser: boolean,
): Unwound {
  const { stop } = frame;
  const returnAddress = recovered.returnAddress ?? 0n;
  if (returnAddress === 0n) return OUTERMOST;
  const previous = frame.callee?.knownCfa;
  // An expression tells of another stack.
  if (previous !== undefined && recovered.cfa <= previous && !exact && row?.cfa.kind !== 'expression' && !frame.exact)
    return broken(`the frame address ${hex(recovered.cfa)} does not go up`);
  const linked = stop.context.addresses.toLinked(returnAddress);
  const ofProcess = isUser || frame.isUser;
  if (!ofProcess && !isCode(frame, returnAddress)) return broken(`the return address ${hex(returnAddress)} is in no known function`);
  const found = new PhysicalFrame(
    stop,
    frame.index + 1,
    returnAddress,
    linked,
    exact,
    { callee: frame, recovered, row, strategy },
    ofProcess,
  );
  frame.callerFrame = found;
  return { kind: 'frame', frame: found };
}
