// What the rows of x87 arithmetic run, by name: one function each.
import { binaryOperations } from './operations/binary';
import { comparisons } from './operations/compare';
import { functions } from './operations/functions';
import { loads } from './operations/load';
import type { FpuOperation } from './operations/operation';
import { registers } from './operations/registers';
import { stores } from './operations/store';

const OPERATIONS = { ...binaryOperations, ...loads, ...stores, ...comparisons, ...registers, ...functions } as const;

export type FpuOperationName = keyof typeof OPERATIONS;
/** Numbers of the operations: their place in this list. */
export const FPU_NAMES = Object.keys(OPERATIONS) as readonly FpuOperationName[];
export const FPU_OPERATIONS: readonly FpuOperation[] = Object.values(OPERATIONS);
