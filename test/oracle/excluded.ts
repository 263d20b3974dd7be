// Rows that user-mode vectors cannot compare, each with its reason; guest tests and unit tests cover them.
import type { InsnRow } from '../../src/x86/insn/row';

const REASONS: Record<string, readonly string[]> = {
  "depends on the host's descriptor tables or selectors": [
    'LAR',
    'LSL',
    'VERR',
    'VERW',
    'SGDT',
    'SIDT',
    'SLDT',
    'STR',
    'SMSW',
    'LDS',
    'LES',
    'LFS',
    'LGS',
    'LSS',
    'RETF',
    'IRET',
    'ARPL',
    'SREG',
  ],
  'leaves user mode by a gate of the host': ['INT', 'INT3', 'INT1', 'INTO', 'SYSCALL', 'SYSENTER', 'SYSRET', 'SYSEXIT'],
  "reads the host's own state or time": [
    'CPUID',
    'RDTSC',
    'RDTSCP',
    'RDPMC',
    'XGETBV',
    'RDRAND',
    'RDSEED',
    'RDPID',
    'RDFSBASE',
    'RDGSBASE',
    'WRFSBASE',
    'WRGSBASE',
  ],
  'may set the trap flag': ['POPF'],
  'hypervisor and cache control: privileged or host-specific': [
    'VMCALL',
    'VMMCALL',
    'MONITOR',
    'MWAIT',
    'HLT',
    'INVD',
    'WBINVD',
    'INVLPG',
    'CLTS',
    'LGDT',
    'LIDT',
    'LLDT',
    'LTR',
    'LMSW',
    'RDMSR',
    'WRMSR',
    'SWAPGS',
    'CLI',
    'STI',
    'IN',
    'OUT',
    'INS',
    'OUTS',
    'XSETBV',
    'STAC',
    'CLAC',
    'INVPCID',
    'XSAVE',
    'XRSTOR',
    'FXSAVE',
    'FXRSTOR',
  ],
};

/** The reason, or undefined: the row is compared. */
export const excluded = (item: InsnRow): string | undefined => {
  if (item.operands.some((operand) => operand.kind === 'far')) return 'far transfer through the selectors of the host';
  if (/^(0E|16|17|1E|1F|06|07|0F A[0189])$/.test(item.encoding)) return 'segment registers of the host';
  if (/^FF \/[35]/.test(item.encoding)) return 'far transfer through the selectors of the host';
  if (item.operands.some((operand) => ['sreg', 'creg', 'dreg'].includes(operand.kind)))
    return 'segment, control or debug registers of the host';
  for (const [reason, names] of Object.entries(REASONS)) if (names.includes(item.name)) return reason;
  return undefined;
};
