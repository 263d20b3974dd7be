// Segment registers, descriptor tables and what a selector would give (SDM vol 2). MOV from a segment register and PUSH of one are plain rows.
import { type InsnRow, row } from './row';

const LEGACY = { modes: 'legacy' } as const;

export const SYSTEM_SEGMENT_ROWS: readonly InsnRow[] = [
  row('MOV', '8E /r', 'sreg:w, rm16:r', { helper: 'movToSegment' }),
  row('POP', '07', 'es:w', { helper: 'popEs', size: 'd64', ...LEGACY }),
  row('POP', '17', 'ss:w', { helper: 'popSs', size: 'd64', ...LEGACY }),
  row('POP', '1F', 'ds:w', { helper: 'popDs', size: 'd64', ...LEGACY }),
  row('POP', '0F A1', 'fs:w', { helper: 'popFs', size: 'd64' }),
  row('POP', '0F A9', 'gs:w', { helper: 'popGs', size: 'd64' }),
  row('LES', 'C4 /r', 'rv:w, m:r', { helper: 'les', size: 'v', ...LEGACY }),
  row('LDS', 'C5 /r', 'rv:w, m:r', { helper: 'lds', size: 'v', ...LEGACY }),
  row('LSS', '0F B2 /r', 'rv:w, m:r', { helper: 'lss', size: 'v' }),
  row('LFS', '0F B4 /r', 'rv:w, m:r', { helper: 'lfs', size: 'v' }),
  row('LGS', '0F B5 /r', 'rv:w, m:r', { helper: 'lgs', size: 'v' }),
  row('SLDT', '0F 00 /0', 'rmv:w', { helper: 'sldt' }),
  row('STR', '0F 00 /1', 'rmv:w', { helper: 'str' }),
  row('LLDT', '0F 00 /2', 'rm16:r', { helper: 'lldt' }),
  row('LTR', '0F 00 /3', 'rm16:r', { helper: 'ltr' }),
  row('VERR', '0F 00 /4', 'rm16:r', { helper: 'verr', flags: { write: 'z' } }),
  row('VERW', '0F 00 /5', 'rm16:r', { helper: 'verw', flags: { write: 'z' } }),
  row('SGDT', '0F 01 /0', 'm:w', { helper: 'sgdt', size: 'v' }),
  row('SIDT', '0F 01 /1', 'm:w', { helper: 'sidt', size: 'v' }),
  row('LGDT', '0F 01 /2', 'm:r', { helper: 'lgdt', size: 'v' }),
  row('LIDT', '0F 01 /3', 'm:r', { helper: 'lidt', size: 'v' }),
  row('LAR', '0F 02 /r', 'rv:w, rm16:r', { helper: 'lar', flags: { write: 'z' } }),
  row('LSL', '0F 03 /r', 'rv:w, rm16:r', { helper: 'lsl', flags: { write: 'z' } }),
  row('ARPL', '63 /r', 'rm16:rw, r16:r', { helper: 'arpl', flags: { write: 'z' }, ...LEGACY }),
  row('RDFSBASE', 'F3 0F AE /0', 'Ry:w', { helper: 'rdfsbase', modes: '64', feature: 'fsgsbase' }),
  row('RDGSBASE', 'F3 0F AE /1', 'Ry:w', { helper: 'rdgsbase', modes: '64', feature: 'fsgsbase' }),
  row('WRFSBASE', 'F3 0F AE /2', 'Ry:r', { helper: 'wrfsbase', modes: '64', feature: 'fsgsbase' }),
  row('WRGSBASE', 'F3 0F AE /3', 'Ry:r', { helper: 'wrgsbase', modes: '64', feature: 'fsgsbase' }),
  row('SWAPGS', '0F 01 [F8]', '', { helper: 'swapgs', modes: '64' }),
];
