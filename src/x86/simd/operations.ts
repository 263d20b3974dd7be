// The operations on vector registers that TypeScript runs, by name: what the emitted code has no fast path for. A new family is one file and one line here.
import { AES } from './aes';
import { APPROXIMATE } from './approximate';
import { CARRY_LESS } from './carry-less';
import type { Run } from './context';
import { CRC32 } from './crc32';
import { FLOAT_ARITHMETIC } from './float-arithmetic';
import { FLOAT_COMPARE } from './float-compare';
import { FLOAT_CONVERT } from './float-convert';
import { FLOAT_HORIZONTAL } from './float-horizontal';
import { FLOAT_ROUND } from './float-round';
import { FUSED } from './fused';
import { HALF_FLOAT } from './half-float';
import { INTEGER } from './integer';
import { SHA } from './sha';
import { STRINGS } from './strings';

const OPERATIONS = {
  ...FLOAT_ARITHMETIC,
  ...FLOAT_COMPARE,
  ...FLOAT_CONVERT,
  ...FLOAT_HORIZONTAL,
  ...FLOAT_ROUND,
  ...FUSED,
  ...HALF_FLOAT,
  ...APPROXIMATE,
  ...INTEGER,
  ...STRINGS,
  ...AES,
  ...CARRY_LESS,
  ...SHA,
  ...CRC32,
} as const satisfies Record<string, Run>;

export type VectorOperation = keyof typeof OPERATIONS;
/** Numbers of the operations: their place in this list. */
export const VECTOR_NAMES = Object.keys(OPERATIONS) as readonly VectorOperation[];
export const VECTOR_OPERATIONS: readonly Run[] = Object.values(OPERATIONS);
