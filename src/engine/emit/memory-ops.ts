// WebAssembly loads and stores of an operand in an i64, by its size in bytes.
import type { MemoryOp } from '../../wasm/opcodes';

export const LOAD: Readonly<Record<number, MemoryOp>> = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' };
export const LOAD_SIGNED: Readonly<Record<number, MemoryOp>> = { 1: 'i64.load8_s', 2: 'i64.load16_s', 4: 'i64.load32_s', 8: 'i64.load' };
export const STORE: Readonly<Record<number, MemoryOp>> = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' };
/** The same in an i32. */
export const LOAD32: Readonly<Record<number, MemoryOp>> = { 1: 'i32.load8_u', 2: 'i32.load16_u', 4: 'i32.load' };
export const LOAD32_SIGNED: Readonly<Record<number, MemoryOp>> = { 1: 'i32.load8_s', 2: 'i32.load16_s', 4: 'i32.load' };
