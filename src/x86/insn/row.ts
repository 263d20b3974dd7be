// The row of an instruction: encoding in the notation of SDM vol 2 ("01 /r", "80 /5 ib", "REX.W + 0F C7 /1"), operands, marks, semantics.
//
// How to write one (copy from alu.ts; a row that TypeScript executes: see flag-ops.ts, `helper`):
//   row('ADD', '01 /r', 'rmv:rw, rv:r', { lock: true, flags: ARITH, emit })
//
// ENCODING, tokens separated by blanks: mandatory prefix first ("NP" no 66/F2/F3, "66", "F2", "F3"; nothing said: 66 is operand size, F2/F3 ignored or REP),
//   "REX.W +" (needs REX.W), opcode bytes in hex, then "+r" (register in the low three bits), "/r", "/0"…"/7" (ModRM), a further hex byte after an opcode
//   with `modrm` meaning a full ModRM byte is written in brackets: "0F 01 [C1]", and immediates "ib iw iz iv io ap mo" (byte, word, 16/32, 16/32/64, 8 bytes, far
//   pointer, memory offset), "cb cz" (branch displacement).
//   VEX rows begin with the prefix as the manual prints it, without blanks: "VEX.256.66.0F38.W0 18 /r". Fields: length 128, 256, LZ, L0, L1 or LIG; prefix NP,
//   66, F2, F3 (nothing: NP); map 0F, 0F38, 0F3A; W0, W1, WIG (nothing: W says whether y operands have 64 bits, outside 64-bit mode it is ignored). "/is4" is
//   an immediate byte whose high half is a register. VEX.vvvv must be 1111b where no operand is in it.
// OPERANDS, "kind:access" with access r, w, rw or n (not accessed: LEA). Kinds: rm… ModRM.rm (register or memory), r… ModRM.reg, o… register in the opcode,
//   a… accumulator, m… ModRM.rm that must be memory, R… ModRM.rm that must be a register, cl, dx, one, imm, imms (byte, sign-extended), immu (zero-extended),
//   rel, far, moffs…, sreg, creg, dreg, es…gs, x (XMM by ModRM.reg), xm… (XMM or memory of that many bits), X (XMM by ModRM.rm, register only),
//   q, qm…, Q (the same for MMX registers), st (x87 register by ModRM.rm: its number in the stack).
//   vx (XMM or YMM by VEX.vvvv), vr… (general register by VEX.vvvv), ix (by the immediate of /is4), vsib… (memory with a vector of indices; the suffix is the
//   vector of indices' size). x256, xm256, X256, vx256, ix256 are YMM.
//   Suffix: 8 16 32 64 128 256 bits, v (16/32/64 by operand size), y (32, or 64 with REX.W), none (no data).
// SIZE of the row's form: by the first suffixed operand, or `size`: 'd64' (64-bit by default in 64-bit mode: push), 'f64' (always
//   64-bit there: near branches), 'address' (address size: LOOP), 'v', or bytes.
import type { InsnContext } from '../emit/context';

export type Access = 'r' | 'w' | 'rw' | 'n';
export type SizeClass = 'v' | 'y' | 'd64' | 'f64' | 'address' | 'none' | 1 | 2 | 4 | 8 | 16 | 32;
export type Unit = 'x87' | 'mmx' | 'sse' | 'avx';
export type Emit = (c: InsnContext) => void;

export interface OperandSpec {
  /** The kind without its suffix. */
  kind:
    | 'rm'
    | 'r'
    | 'o'
    | 'a'
    | 'm'
    | 'R'
    | 'cl'
    | 'dx'
    | 'one'
    | 'imm'
    | 'imms'
    | 'immu'
    | 'rel'
    | 'far'
    | 'moffs'
    | 'sreg'
    | 'creg'
    | 'dreg'
    | 'x'
    | 'xm'
    | 'X'
    | 'vx'
    | 'vr'
    | 'ix'
    | 'vsib'
    | 'q'
    | 'qm'
    | 'Q'
    | 'st'
    | 'es'
    | 'cs'
    | 'ss'
    | 'ds'
    | 'fs'
    | 'gs'
    | 'ah';
  /** Bytes, or by operand size (v, y), or 0 where the row's size says it. */
  size: 'v' | 'y' | 0 | 1 | 2 | 4 | 8 | 16 | 32;
  access: Access;
}

/** Arithmetic flags by letter: c p a z s o; d i t for the others. */
export interface FlagUse {
  read?: string;
  write?: string;
  undefined?: string;
  /** Written only if a count or REP count is not zero. */
  conditional?: boolean;
}

export interface RowMarks {
  size?: SizeClass;
  /** Where the encoding is valid; elsewhere #UD. */
  modes?: 'all' | '64' | 'legacy';
  flags?: FlagUse;
  /** LOCK allowed (with a memory destination). */
  lock?: boolean;
  /** REP/REPE/REPNE make it a string loop. */
  rep?: 'rep' | 'repz';
  /** Ends a block: branches, mode changes, everything after which RIP is not simply the next instruction. A helper row always does. */
  ends?: boolean;
  /** Crosses the border to the host: `run` stops before it (see CpuEngine). */
  border?: boolean;
  /** Blocks interrupts for one instruction after it: 'sti' or 'ss'. */
  shadow?: 'sti' | 'ss';
  /** Needs the unit enabled: #NM by CR0.TS/EM (MMX: #UD by EM), #UD by CR4.OSFXSR; avx: #UD by CR4.OSXSAVE and XCR0. */
  unit?: Unit;
  /** Bytes of a memory operand that the suffix cannot say (10 bytes, images), for the segment check; two: with 16-bit operands, else. */
  memoryBytes?: number | readonly [number, number];
  /** CPUID feature that the instruction belongs to, by its lower-case name ("sse4.1", "avx2", "bmi1", "rdrand"); nothing: every x86-64 processor has it. Denied by the CPU model: #UD. */
  feature?: string;
  /** A memory operand is a bit string that the register operand reaches beyond; where the address wraps below 64 bits, a helper of the row's name runs it. */
  bitString?: boolean;
  /** In virtual-8086 mode a helper of the row's name runs it: it depends on IOPL there. */
  helperInVm86?: boolean;
  /** FS/GS and other segment prefixes do not apply (LEA). */
  noSegment?: boolean;
  emit?: Emit;
  /** Name of a TypeScript helper in HELPERS that runs the whole instruction. */
  helper?: string;
  /** Valid, but not supported yet: the run stops with "unimplemented instruction". */
  unimplemented?: boolean;
  /** Always #UD (UD0, UD1, UD2). */
  undefined?: boolean;
}

export interface InsnRow extends RowMarks {
  name: string;
  encoding: string;
  operands: readonly OperandSpec[];
  operandText: string;
}

const KIND =
  /^(rm|r|o|a|m|R|cl|dx|one|imms|immu|imm|rel|far|moffs|sreg|creg|dreg|xm|x|X|qm|q|Q|vx|vr|ix|vsib|st|es|cs|ss|ds|fs|gs|ah)(8|16|32|64|128|256|v|y)?(?::(rw|r|w|n))?$/;

function parseOperand(text: string): OperandSpec {
  const match = KIND.exec(text);
  if (!match) throw new Error(`bad operand "${text}"`);
  const [, kind, suffix, access] = match;
  const size = suffix === undefined ? 0 : suffix === 'v' || suffix === 'y' ? suffix : ((Number(suffix) / 8) as 1 | 2 | 4 | 8 | 16);
  return { kind: kind as OperandSpec['kind'], size, access: (access ?? 'r') as Access };
}

/** A few hundred texts stand in all the rows. */
const parsedOperands = new Map<string, readonly OperandSpec[]>();

function parseOperands(text: string): readonly OperandSpec[] {
  let parsed = parsedOperands.get(text);
  if (parsed === undefined) {
    parsed = text === '' ? [] : text.split(',').map((operand) => parseOperand(operand.trim()));
    parsedOperands.set(text, parsed);
  }
  return parsed;
}

export function row(name: string, encoding: string, operands: string, marks: RowMarks = {}): InsnRow {
  return { name, encoding, operandText: operands, operands: parseOperands(operands), ...marks };
}

export const ARITH: FlagUse = { write: 'cpazso' };
export const LOGIC: FlagUse = { write: 'cpzso', undefined: 'a' };

/** Operand-size class of a row: given, or that of its first suffixed operand. */
export function sizeClassOf(item: InsnRow): SizeClass {
  if (item.size !== undefined) return item.size;
  for (const operand of item.operands) if (operand.size !== 0) return operand.size;
  return 'none';
}
