// RIP around the interpreter, which keeps the running block's start instead: in 32-bit halves, in the width of the mode.
import { ModeBit, S, STATE } from '../../x86/layout';
import { Slot } from '../record';
import type { EngineMemory } from '../vm-memory';

const RIP = (STATE + S.rip) >> 2;
const BASE = Slot.ripBase >> 2;

/** Before the interpreter: the block starts `ipOffset` bytes before RIP. */
export function enterBlock({ u32 }: EngineMemory, ipOffset: number): void {
  const low = u32[RIP]! - ipOffset;
  u32[BASE] = low;
  u32[BASE + 1] = u32[RIP + 1]! - (low < 0 ? 1 : 0);
}

/** After it: RIP is `delta` bytes from the block's start, cut to 16 bits where the operand size of a branch outside 64-bit mode says so. */
export function leaveBlock({ u32 }: EngineMemory, delta: number, operandBytes: number): void {
  const low = u32[BASE]! + delta;
  const code64 = (u32[(STATE + S.mode) >> 2]! & ModeBit.code64) !== 0;
  u32[RIP] = !code64 && operandBytes === 2 ? low & 0xffff : low;
  u32[RIP + 1] = code64 ? u32[BASE + 1]! + (low > 0xffff_ffff ? 1 : low < 0 ? -1 : 0) : 0;
}
