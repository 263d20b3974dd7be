// How a frame's caller is found from the frame's code alone, for code that says so in plain words: a return address at a fixed distance from RSP or RBP, or a
// frame pointer where nothing describes it. What unwinding does there in general is in frames/unwinder.ts; anything else than these is left to it.
import { DWARF_FRAME_POINTER, DWARF_RETURN_ADDRESS, DWARF_STACK_POINTER } from '../registers/names';
import type { AddressMap } from '../run/address-map';
import type { Symbols } from '../symbols';

type Row = NonNullable<ReturnType<Symbols['unwindRow']>>;
const { is64: SP } = DWARF_STACK_POINTER;
const { is64: BP } = DWARF_FRAME_POINTER;
const { is64: RA } = DWARF_RETURN_ADDRESS;
const FARTHEST = 1 << 20;

/** other: nothing plain. end: the stack's last. table: by a row of call frame information or ORC. guess: nothing describes the code; entry: a function's first instruction
 * of such code. */
export type PlaceKind = 'other' | 'end' | 'table' | 'entry' | 'guess';

export interface CodePlace {
  readonly kind: PlaceKind;
  /** The CFA is RBP and `cfa`, otherwise RSP and `cfa`. */
  readonly byPointer: boolean;
  readonly cfa: number;
  /** From the CFA to the return address; undefined: the outermost frame. */
  readonly returnAt: number | undefined;
  /** From the CFA to the caller's RBP; same: it is this frame's. lost: nothing plain says. */
  readonly pointerAt: number | 'same' | 'lost';
  /** An interrupt's words may lie behind the return address. */
  readonly mayBeInterrupt: boolean;
}

const NOTHING = { byPointer: false, cfa: 0, returnAt: undefined, pointerAt: 'lost', mayBeInterrupt: false } as const;
const OTHER: CodePlace = { kind: 'other', ...NOTHING };
export const STACKS_END: CodePlace = { kind: 'end', ...NOTHING };

/** `exact`: execution stands there, otherwise it returns there. In 64-bit mode, of code that is not a process's. */
export function codePlaceOf(symbols: Symbols, addresses: AddressMap, pc: bigint, exact: boolean): CodePlace {
  const linked = addresses.toLinked(pc);
  if (!exact && symbols.functionAt(linked) === undefined && symbols.functionAt(linked - 1n) === undefined) return OTHER;
  const lookup = exact ? linked : linked - 1n;
  const described = symbols.unwindRow(lookup);
  const orc = symbols.orcRow(lookup);
  if (orc === undefined) return described === undefined ? guessAt(symbols, linked, exact) : tableOf(described, true);
  if (orc.orc === 'end') return STACKS_END;
  if (orc.orc !== 'call') return OTHER;
  const theirs = tableOf(orc, false);
  if (described === undefined || theirs.kind === 'other') return theirs;
  const mine = tableOf(described, true);
  return mine.byPointer === theirs.byPointer && mine.cfa === theirs.cfa ? mine : OTHER;
}

function guessAt(symbols: Symbols, linked: bigint, exact: boolean): CodePlace {
  const start = symbols.symbolAt(linked);
  if (start === undefined && !exact) return OTHER;
  return { kind: exact && start?.offset === 0n && start.isFunction ? 'entry' : 'guess', ...NOTHING };
}

function tableOf({ cfa, registers, returnAddressRegister, signalFrame }: Row, mayBeInterrupt: boolean): CodePlace {
  const isPlain = cfa.kind === 'register' && (cfa.register === SP || cfa.register === BP) && !signalFrame;
  if (!isPlain || returnAddressRegister !== RA || registers.has(SP)) return OTHER;
  const offset = numberOf(cfa.offset);
  const rule = registers.get(RA);
  const returnAt = rule?.kind === 'offset' ? numberOf(rule.offset) : undefined;
  if (offset === undefined || (rule !== undefined && rule.kind !== 'undefined' && returnAt === undefined)) return OTHER;
  const pointer = registers.get(BP) ?? { kind: 'same' };
  const saved = pointer.kind === 'offset' ? numberOf(pointer.offset) : undefined;
  const pointerAt = saved ?? (pointer.kind === 'same' ? 'same' : 'lost');
  return { kind: 'table', byPointer: cfa.register === BP, cfa: offset, returnAt, pointerAt, mayBeInterrupt };
}

function numberOf(offset: bigint): number | undefined {
  const number = Number(offset);
  return Math.abs(number) < FARTHEST ? number : undefined;
}
