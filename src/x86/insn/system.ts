// All rows whose instruction a TypeScript helper of src/x86/system runs.
import type { InsnRow } from './row';
import { SYSTEM_CONTROL_ROWS } from './system-control';
import { SYSTEM_FPU_ROWS } from './system-fpu';
import { SYSTEM_SEGMENT_ROWS } from './system-segments';
import { SYSTEM_TRANSFER_ROWS } from './system-transfer';

export const SYSTEM_ROWS: readonly InsnRow[] = [
  ...SYSTEM_TRANSFER_ROWS,
  ...SYSTEM_SEGMENT_ROWS,
  ...SYSTEM_CONTROL_ROWS,
  ...SYSTEM_FPU_ROWS,
];
