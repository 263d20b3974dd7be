// What the semantics of an instruction are written against. The interpreter implements it over pre-decoded records; the region compiler will implement it
// over fixed operands. Semantics never know which.
//
// Rules that every `emit` keeps:
// - all that can fault (reads, `readModify`, `probe`) comes before the first change of registers, flags or memory;
// - values are i64 locals, zero-extended from the operand's size when read; bits above the size may hold anything when written or given to flags;
// - a jump is the last thing.
import type { Code, Local } from '../../wasm/code';
import type { FpuOperationName } from '../fpu/operations';
import type { VectorOperation } from '../simd/operations';
import type { Condition } from './flags';

export type OperandBytes = 1 | 2 | 4 | 8 | 16 | 32;

/** Addresses (i32 locals) of a vector operation's operands. Two operands: `source1` is the same local as `destination`. */
export interface VectorOperands {
  bytes: 16 | 32;
  destination: Local;
  source1: Local;
  source2: Local;
  /** A third source goes with the operation in the place of the immediate. */
  source3?: Local;
}

export interface InsnContext {
  readonly f: Code;
  /** Operand size of this form in bytes. */
  readonly size: OperandBytes;
  /** True for the form whose ModRM.rm operand is in memory. */
  readonly hasMemory: boolean;
  /** Indexes of runtime functions (see emit/runtime.ts). */
  readonly runtime: RuntimeFunctions;

  /** Fresh locals. Pushes nothing. */
  temp(): Local;
  temp32(): Local;
  tempF32(): Local;
  tempF64(): Local;
  tempV128(): Local;
  /** Pops the i64 on the stack into a fresh local. */
  keep(): Local;
  keep32(): Local;

  /** Bytes of one operand. */
  sizeOf(operand: number): OperandBytes;
  read(operand: number): Local;
  readSigned(operand: number): Local;
  /** The value of an immediate operand where it is known now. */
  constant(operand: number): number | undefined;
  /** Reads an operand that will be written: a memory operand is probed as a write. */
  readModify(operand: number): Local;
  /** Probes a memory operand that will only be written, before other changes are made. */
  probe(operand: number): void;
  write(operand: number, value: Local): void;
  /** Effective address of a memory operand, without segment base, as the address size makes it. */
  address(operand: number): Local;
  /** Address of the memory operand in the running form moves by this many bytes (bit strings): pops an i64 that is added to the linear address. */
  displace(): void;

  /** Host address (i32 local) of a memory operand of `bytes` for reading; contents may be a copy. */
  hostRead(operand: number, bytes: number): Local;
  /** The same for writing; `commit` must follow the stores. */
  hostWrite(operand: number, bytes: number): Local;
  commit(host: Local): void;
  /** Host address (i32 local) of an XMM register operand, or of the memory operand for reading. */
  xmm(operand: number, bytes: number): Local;
  /** The immediate (i32 on the stack). */
  immediate32(): void;
  /** Pushes the i32 address of the record's register operand slot. */
  slot(operand: number): Local;

  /** Whole 64-bit general register by number. */
  gpr(index: number): Local;
  /** Writes `bytes` of a general register (4 clears the upper half). */
  setGpr(index: number, bytes: OperandBytes, value: Local): void;

  /** Must be called before flags are written under a condition (inside an `if`): what was written before stays true on the other path. */
  settleFlags(): void;
  /** Lazy flags. `a` and `b` are the operands, `r` the result. */
  flagsAdd(a: Local, b: Local, r: Local): void;
  flagsSub(a: Local, b: Local, r: Local): void;
  flagsAdc(b: Local, r: Local, carry: Local): void;
  flagsSbb(b: Local, r: Local, borrow: Local): void;
  flagsLogic(r: Local): void;
  flagsInc(r: Local, carry: Local): void;
  flagsDec(r: Local, carry: Local): void;
  /** Z, S and P from `r`; `bits` (i64): bit 0 CF, bit 1 OF; AF 0. */
  flagsExplicit(r: Local, bits: Local): void;
  /** Replaces flags: `value` (i64) and constant mask, RFLAGS layout. */
  flagsReplace(mask: number, value: Local): void;
  /** Pushes i64 0 or 1. */
  carry(): void;
  /** Pushes an i32, not zero if the condition holds. */
  condition(cc: Condition): void;
  /** Makes S.rflags exact. */
  materialise(): void;

  /** Stack of the current mode. `push` probes, then moves the pointer and stores. */
  push(value: Local, bytes: OperandBytes): void;
  /** Raises what a push would raise. */
  probePush(bytes: OperandBytes): void;
  /** Value at the stack pointer (plus `offset` bytes), without moving it. */
  peek(bytes: OperandBytes, offset?: number): Local;
  /** Value on the stack at a pointer that is not yet the stack pointer (LEAVE). */
  peekAt(pointer: Local, bytes: OperandBytes): Local;
  /** Moves the stack pointer. */
  adjustStack(bytes: number): void;
  /** Sets the stack pointer, in the stack's own width. */
  setStack(value: Local): void;
  /** Pushes RFLAGS (i64), exact only after `materialise`. */
  rflags(): void;

  /** Offset in CS of the next instruction. */
  nextIp(): Local;
  /** Offset in CS that the row's `rel` operand leads to, cut to 32 or 16 bits by the operand size; meant for modes other than 64-bit. */
  branchTarget(): Local;
  /** Near branch to the row's `rel` operand; the i32 on the stack says whether. */
  jumpIf(): void;
  jump(): void;
  /** Near branch to an address in a local (wrapped to `size`). */
  jumpTo(target: Local): void;
  /** Raises an exception without error code, or with 0, if the i32 on the stack is not zero. */
  raiseIf(vector: number): void;
  /** An operation on vector registers that TypeScript runs; the row's immediate goes with it. */
  vector(operation: VectorOperation, operands: VectorOperands): void;
  /** Address (i32 local) of 64 bytes that no operand overlaps, for results of `vector` that are no register. */
  scratch(): Local;
  /** x87 and MMX. */
  readonly fpu: FpuContext;
  /** Undefined: vector registers are in memory only. */
  readonly doubles?: DoubleContext | undefined;
  /** Pushes the high half of a 64×64-bit product. */
  mulHigh(signed: boolean, a: Local, b: Local): void;
  /** Consumes extra virtual time of PAUSE. */
  pause(): void;
  /** One iteration, or with a REP prefix all that the budget allows, of a string instruction. */
  string(operation: StringOperation): void;
}

/** The low doubles of XMM registers, where they are kept at hand beside memory. Addresses are those of `xmm` and `slot`. */
export interface DoubleContext {
  /** The whole of a scalar operation, as its own handler does it. */
  compute(name: VectorOperation, operation: 'add' | 'sub' | 'mul' | 'div' | 'sqrt', operands: VectorOperands): void;
  /** 16 bytes of a register or of memory become a register's. */
  whole(destination: Local, source: Local): void;
  /** The low 8 of them. */
  low(destination: Local, source: Local): void;
  /** The low 8 bytes of a register are stored in memory. */
  store(host: Local, source: Local): void;
}

export interface FpuCall {
  /** Register number, or place of a memory operand. */
  argument?: Local;
  /** What the last-instruction pointers take: nothing, the instruction, or its memory operand too. */
  pointers: 'none' | 'code' | 'data';
  /** The place that was got for writing: committed where the operation stored. */
  commit?: Local;
}
export interface FpuContext {
  /** Raises #MF where an unmasked exception is pending. */
  wait(): void;
  run(operation: FpuOperationName, call: FpuCall): void;
  /** Flags by a comparison of ST(0) with the register of that number. */
  compare(operation: FpuOperationName, i: Local): void;
  /** Makes the stack MMX registers: TOP 0, all valid. `wait` goes before, as do all that faults. */
  enterMmx(): void;
}

export type StringOperation = 'movs' | 'stos' | 'lods' | 'cmps' | 'scas';

/** Function indexes in the module that both tiers call. */
export interface RuntimeFunctions {
  mulHighU: number;
  mulHighS: number;
  divU128: number;
}
