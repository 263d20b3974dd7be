// State of the x87 and SSE units: saving, restoring, control words (SDM vol 2). Arithmetic is elsewhere.
import { type InsnRow, row } from './row';

const X87 = { unit: 'x87' } as const;
/** What is accessed depends on RFBM; the header always is. */
const XSAVE = { size: 'v', memoryBytes: 576, feature: 'xsave' } as const;
const SSE = { unit: 'sse' } as const;

export const SYSTEM_FPU_ROWS: readonly InsnRow[] = [
  row('FXSAVE', 'NP 0F AE /0', 'm:w', { feature: 'fxsr', helper: 'fxsave', size: 'v', memoryBytes: 512, ...X87 }),
  row('FXRSTOR', 'NP 0F AE /1', 'm:r', { feature: 'fxsr', helper: 'fxrstor', size: 'v', memoryBytes: 512, ...X87 }),
  row('LDMXCSR', 'NP 0F AE /2', 'm32:r', { feature: 'sse', helper: 'ldmxcsr', ...SSE }),
  row('STMXCSR', 'NP 0F AE /3', 'm32:w', { feature: 'sse', helper: 'stmxcsr', ...SSE }),
  row('XSAVE', 'NP 0F AE /4', 'm:w', { helper: 'xsave', ...XSAVE }),
  row('XRSTOR', 'NP 0F AE /5', 'm:r', { helper: 'xrstor', ...XSAVE }),
  row('XSAVEOPT', 'NP 0F AE /6', 'm:w', { helper: 'xsaveopt', ...XSAVE, feature: 'xsaveopt' }),
  row('XSAVEC', 'NP 0F C7 /4', 'm:w', { helper: 'xsavec', ...XSAVE, feature: 'xsavec' }),
  row('XGETBV', 'NP 0F 01 [D0]', '', { helper: 'xgetbv', feature: 'xsave' }),
  row('XSETBV', 'NP 0F 01 [D1]', '', { helper: 'xsetbv', feature: 'xsave' }),
  // Supervisor state: there is none.
  row('XRSTORS', 'NP 0F C7 /3', 'm:r', { unimplemented: true, feature: 'xsaves' }),
  row('XSAVES', 'NP 0F C7 /5', 'm:w', { unimplemented: true, feature: 'xsaves' }),
];
