// What surrounds a handler in the interpreter's module: its function's locals, the functions it calls, and how it goes on. This differs between the loop's
// own handlers and those that are called.
import type { Code, Local } from '../../wasm/code';
import type { RuntimeFunctions } from '../../x86/emit/context';
import type { FlagFunctions } from '../../x86/emit/flags';
import type { FpuFunctions } from '../fpu-functions';
import type { LocalPool } from './local-pool';

/** Functions of the interpreter's module that handlers call. */
export interface InterpreterFunctions {
  flags: FlagFunctions;
  runtime: RuntimeFunctions;
  /** (va i64, info i32, record i32) → host address, 0: leave. */
  access: number;
  /** (record i32): a bounced store is complete. */
  commit: number;
  /** (rip i64, tlb i32) → record or 0; the same with the record of the branch that looks up. */
  lookup: number;
  lookupFrom: number;
  /** (vector i32, record i32): remembers an exception. */
  raise: number;
  /** (offset i64 relative to rSP, size i32, write i32, record i32, tlb i32) → host address or 0: stack accesses outside 64-bit mode. */
  stack: number;
  /** (value i64, mask i32): replaces flags. */
  replaceFlags: number;
  /** (record i32) */
  pause: number;
  /** (operation | bytes, destination, source1, source2, immediate) → 0: leave. */
  vector: number;
  /** (record, operation, argument) → FpuDone. */
  fpuCall: number;
  fpu: FpuFunctions;
  strings: Record<string, number>;
}

export interface HandlerFrame {
  f: Code;
  pool: LocalPool;
  record: Local;
  tlb: Local;
  functions: InterpreterFunctions;
  /** The i32 on the stack is the exit code. */
  leave(): void;
  /** The i32 on the stack is the next record. */
  dispatch(): void;
  /** The i32 on the stack is a record of which nothing has been done: its own function runs it, for the fast TLB does not cover what it accesses. Functions have none. */
  slow?(): void;
}
