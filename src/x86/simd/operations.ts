// The operations on vector registers that TypeScript runs, by name: what the emitted code has no fast path for. A new family is one file and one line here.
import type { Run } from './context';
import { FLOAT_ARITHMETIC } from './float-arithmetic';
import { FLOAT_COMPARE } from './float-compare';
import { FLOAT_CONVERT } from './float-convert';
import { FUSED } from './fused';
import { HALF_FLOAT } from './half-float';

const OPERATIONS = { ...FLOAT_ARITHMETIC, ...FLOAT_COMPARE, ...FLOAT_CONVERT, ...FUSED, ...HALF_FLOAT } as const satisfies Record<
  string,
  Run
>;

export type VectorOperation = keyof typeof OPERATIONS;
/** Numbers of the operations: their place in this list. */
export const VECTOR_NAMES = Object.keys(OPERATIONS) as readonly VectorOperation[];
export const VECTOR_OPERATIONS: readonly Run[] = Object.values(OPERATIONS);
