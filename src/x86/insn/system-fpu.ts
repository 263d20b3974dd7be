// State of the x87 and SSE units: saving, restoring, control words (SDM vol 2). Arithmetic is elsewhere.
import { type InsnRow, row } from './row';

const X87 = { unit: 'x87' } as const;
const SSE = { unit: 'sse' } as const;

export const SYSTEM_FPU_ROWS: readonly InsnRow[] = [
  row('FXSAVE', 'NP 0F AE /0', 'm:w', { helper: 'fxsave', size: 'v', memoryBytes: 512, feature: 'fxsr', ...X87 }),
  row('FXRSTOR', 'NP 0F AE /1', 'm:r', { helper: 'fxrstor', size: 'v', memoryBytes: 512, feature: 'fxsr', ...X87 }),
  row('LDMXCSR', 'NP 0F AE /2', 'm32:r', { helper: 'ldmxcsr', feature: 'sse', ...SSE }),
  row('STMXCSR', 'NP 0F AE /3', 'm32:w', { helper: 'stmxcsr', feature: 'sse', ...SSE }),
];
