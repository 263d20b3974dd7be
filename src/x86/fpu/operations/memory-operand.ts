// Memory operands of x87 arithmetic and compares, as a register would hold them.
import { fromInteger80, widen } from '../convert';
import type { FpuEnvironment } from '../float80';
import type { FpuUnit } from '../unit';

export const FROM_MEMORY = {
  m32: (u: FpuUnit, at: number, env: FpuEnvironment) => widen(BigInt(u.view.getUint32(at, true)), 32, env),
  m64: (u: FpuUnit, at: number, env: FpuEnvironment) => widen(u.view.getBigUint64(at, true), 64, env),
  i16: (u: FpuUnit, at: number) => fromInteger80(BigInt(u.view.getInt16(at, true))),
  i32: (u: FpuUnit, at: number) => fromInteger80(BigInt(u.view.getInt32(at, true))),
} as const;
export type MemoryKind = keyof typeof FROM_MEMORY;
export const MEMORY_KINDS = Object.keys(FROM_MEMORY) as readonly MemoryKind[];
