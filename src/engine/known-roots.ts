// Values of CR3 whose first use since a snapshot the host has been told of, so that the interpreter's MOV to CR3 (emit/address-space-emitter.ts) takes them into
// use again by itself. Each value has one place of the table, and goes where another takes it: it is told of once more then.
import type { Code, Label, Local } from '../wasm/code';
import { S, STATE } from '../x86/layout';
import { QUICK_ALLOWED, QuickAllowed } from './record';
import { KNOWN_ROOTS, KNOWN_ROOTS_BITS } from './tlb-layout';
import type { EngineMemory } from './vm-memory';

const WORDS = 2;
const FACTOR = 0x9e37_79b1 | 0;
const SHIFT = 32 - KNOWN_ROOTS_BITS;
const CR3 = (STATE + S.cr3) >> 2;

/** No root is known. All ones are none: they are beyond the physical address width. */
export function forgetRoots({ i32 }: EngineMemory): void {
  i32.fill(-1, KNOWN_ROOTS >> 2, (KNOWN_ROOTS >> 2) + (WORDS << KNOWN_ROOTS_BITS));
}

/** The host has been told of the root that the running vCPU has now. */
export function knowRoot({ i32 }: EngineMemory): void {
  const [lo, hi] = [i32[CR3]!, i32[CR3 + 1]!];
  const at = (KNOWN_ROOTS >> 2) + WORDS * (Math.imul(lo ^ hi, FACTOR) >>> SHIFT);
  i32[at] = lo;
  i32[at + 1] = hi;
}

/** To `unknown` if the host is to be told of roots, and has not been told of this one. */
export function emitUnknownRoot(f: Code, root: Local, unknown: Label): void {
  f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.anyRoot).op('i32.and', 'i32.eqz').if();
  f.get(root).get(root).i64(32).op('i64.shr_u', 'i64.xor', 'i32.wrap_i64').i32(FACTOR).op('i32.mul').i32(SHIFT).op('i32.shr_u');
  f.i32(3).op('i32.shl').mem('i64.load', KNOWN_ROOTS).get(root).op('i64.ne').brIf(unknown);
  f.end();
}
