// Far transfers and the ways into and out of the kernel (SDM vol 2). Each ends its block.
import { type InsnRow, row } from './row';

const LEGACY = { modes: 'legacy' } as const;

export const SYSTEM_TRANSFER_ROWS: readonly InsnRow[] = [
  row('JMPF', 'EA ap', 'far', { helper: 'jmpFarDirect', size: 'v', ...LEGACY }),
  row('JMPF', 'FF /5', 'm:r', { helper: 'jmpFarIndirect', size: 'v' }),
  row('CALLF', '9A ap', 'far', { helper: 'callFarDirect', size: 'v', ...LEGACY }),
  row('CALLF', 'FF /3', 'm:r', { helper: 'callFarIndirect', size: 'v' }),
  row('RETF', 'CB', '', { helper: 'retFar', size: 'v' }),
  row('RETF', 'CA iw', 'immu', { helper: 'retFar', size: 'v' }),
  row('IRET', 'CF', '', { helper: 'iret', size: 'v', flags: { write: 'cpazsodit' } }),
  row('INT3', 'CC', '', { helper: 'int3' }),
  row('INT', 'CD ib', 'immu', { helper: 'intN' }),
  row('INTO', 'CE', '', { helper: 'into', flags: { read: 'o' }, ...LEGACY }),
  row('INT1', 'F1', '', { helper: 'int1' }),
  row('SYSCALL', '0F 05', '', { helper: 'syscall', feature: 'syscall', flags: { read: 'cpazsodit' } }),
  row('SYSRET', '0F 07', '', { helper: 'sysret', size: 'v', feature: 'syscall', flags: { write: 'cpazsodit' } }),
  row('SYSENTER', '0F 34', '', { helper: 'sysenter', feature: 'sep' }),
  row('SYSEXIT', '0F 35', '', { helper: 'sysexit', size: 'v', feature: 'sep' }),
];
