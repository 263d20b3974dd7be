// Helper rows that get no vectors, each with its reason; unit tests and guest tests cover them. All other implemented rows are compared.

export const EXCLUDED: Readonly<Record<string, readonly string[]>> = {
  "the result depends on the host's descriptor tables, selectors or task": [
    ...[
      'movToSegment',
      'popEs',
      'popSs',
      'popDs',
      'popFs',
      'popGs',
      'les',
      'lds',
      'lfs',
      'lgs',
      'lss',
      'lar',
      'lsl',
      'verr',
      'verw',
      'arpl',
    ],
    ...['sgdt', 'sidt', 'sldt', 'str', 'smsw', 'jmpFarDirect', 'jmpFarIndirect', 'callFarDirect', 'callFarIndirect', 'retFar', 'iret'],
  ],
  "enters the host's kernel": ['intN', 'int3', 'int1', 'into', 'syscall', 'sysenter', 'sysret', 'sysexit'],
  "reads the host's time, counters or identity": ['rdtsc', 'rdtscp', 'rdpmc', 'cpuid'],
  'is answered by a hypervisor, or by features the host has and we do not': [
    'vmcall',
    'vmmcall',
    'monitor',
    'mwait',
    'xgetbv',
    'xsetbv',
    'rsm',
  ],
  "the image holds the host's own FPU pointers and features": ['fxsave', 'fxrstor', 'fldenv', 'fnstenv', 'frstor', 'fnsave'],
};
