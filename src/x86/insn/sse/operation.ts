// Vector operations as data that the legacy SSE rows and the VEX rows are both made from.
//
// HOW VEX ROWS USE IT. An `Operation` computes `destination` from `source1` and `source2` (addresses in i32 locals: register slots, or a copy or the place of a
// memory operand) at a width of 16 or 32 bytes. What it keeps:
// - it reads a 128-bit lane of both sources before it stores that lane, and all it needs of other lanes before it stores any: the destination may be a source;
// - a packed operation writes exactly `bytes` of the destination; a scalar one writes 16: its result and above it what `source1` has there;
// - it neither checks alignment nor clears what is above: whoever makes the row does (legacy: 16-byte alignment, the rest kept; VEX: none, the rest zeroed);
// - it may raise an exception before it writes anything.
// A `VectorInsn` is one instruction: `rw` means that ModRM.reg is source 1 too (VEX: three operands), `w` that there is only source 2 (VEX.vvvv must be 1111b).
// Instructions whose result is no vector, and moves, are exported as `Emit` functions over the row's operands beside them.
import type { Local } from '../../../wasm/code';
import type { SimdOp } from '../../../wasm/opcodes';
import type { InsnContext, VectorOperands } from '../../emit/context';
import { Vector } from '../../fault';
import type { VectorOperation } from '../../simd/operations';
import { type Emit, type InsnRow, type RowMarks, row } from '../row';

export type Operation = (c: InsnContext, operands: VectorOperands) => void;
/** Pushes the v128 result of the lanes at offset `at` of both sources. */
export type LaneOperation = (c: InsnContext, source1: Local, source2: Local, at: number) => void;

export interface VectorInsn {
  name: string;
  /** Legacy encoding without ModRM and immediate ("66 0F FC"). */
  encoding: string;
  /** CPUID feature of the legacy form. */
  feature: string;
  run: Operation;
  /** What happens to ModRM.reg. */
  destination: 'rw' | 'w';
  /** Bytes of source 2 in memory, at 128 bits and (where that is not twice as much) at 256. */
  memory: 2 | 4 | 8 | 16;
  memory256?: 16 | 32;
  immediate?: boolean;
  /** Has a 256-bit form, by this CPUID feature. */
  wide?: 'avx' | 'avx2';
}

/** #GP(0) for a memory operand that is not 16-byte aligned. */
export function checkAligned(c: InsnContext, operand: number): void {
  if (!c.hasMemory) return;
  c.f.get(c.address(operand)).i64(15).op('i64.and', 'i64.eqz', 'i32.eqz');
  c.raiseIf(Vector.GP);
}

/** One 128-bit lane after the other. */
export const byLane =
  (push: LaneOperation): Operation =>
  (c, { bytes, destination, source1, source2 }) => {
    for (let at = 0; at < bytes; at += 16) {
      c.f.get(destination);
      push(c, source1, source2, at);
      c.f.simdMem('v128.store', at);
    }
  };
/** One WebAssembly instruction on both sources; `swapped`: source 2 first. */
export const simd = (op: SimdOp, swapped = false): Operation =>
  byLane(({ f }, a, b, at) => {
    f.get(swapped ? b : a)
      .simdMem('v128.load', at)
      .get(swapped ? a : b)
      .simdMem('v128.load', at)
      .simd(op);
  });
export const inTypeScript =
  (operation: VectorOperation): Operation =>
  (c, operands) =>
    c.vector(operation, operands);

/** Loads source 1 or 2 of a lane into a fresh local. */
export function loadLane(c: InsnContext, source: Local, at: number): Local {
  c.f.get(source).simdMem('v128.load', at);
  return keepV128(c);
}
export function keepV128(c: InsnContext): Local {
  const local = c.tempV128();
  c.f.set(local);
  return local;
}
/** The immediate byte, unsigned. */
export function immediateByte(c: InsnContext): Local {
  c.immediate32();
  c.f.i32(0xff).op('i32.and');
  return c.keep32();
}

/** Marks of a row that works on XMM registers. */
export const sse = (feature: string, emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'sse', feature, emit, ...more });

/** The legacy row of an instruction: two operands, 128 bits. */
export function legacyRow({ name, encoding, feature, run, destination, memory, immediate }: VectorInsn): InsnRow {
  const emit: Emit = (c) => {
    if (memory === 16) checkAligned(c, 1);
    const source2 = c.xmm(1, memory);
    const to = c.slot(0);
    run(c, { bytes: 16, destination: to, source1: to, source2 });
  };
  const operands = `x:${destination}, xm${memory * 8}:r${immediate ? ', imm' : ''}`;
  return row(name, `${encoding} /r${immediate ? ' ib' : ''}`, operands, sse(feature, emit));
}
