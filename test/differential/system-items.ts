// What the processor does beyond instructions that user mode shows, item by item, and the tests that cite the manual for each. A test asserts that they name it.

interface SystemItem {
  item: string;
  /** Each of these words is in one of the tests, whatever its case. */
  words: readonly string[];
  tests: readonly string[];
}
const guest = (name: string): string => `guests/system/${name}.c`;
const PAGING = [guest('paging'), guest('paging-basic')];

export const SYSTEM_ITEMS: readonly SystemItem[] = [
  { item: '4-level paging, access rights, error codes', words: ['not present', 'user write', 'cr2'], tests: PAGING },
  { item: '5-level paging', words: ['la57', 'pml5', 'canonical'], tests: [guest('paging-5-level-32'), 'engine/paging-features.test.ts'] },
  { item: 'PAE', words: ['pdpte', 'nx', 'reserved'], tests: [guest('paging-legacy-32')] },
  { item: '32-bit paging, PSE, PSE-36', words: ['pse', 'pse-36'], tests: [guest('paging-legacy-32'), 'engine/paging-features.test.ts'] },
  {
    item: 'pages of 4 KiB, 2 MiB, 4 MiB and 1 GiB',
    words: ['2 mib', '4 mib', '1 gib'],
    tests: [guest('paging'), guest('paging-legacy-32')],
  },
  { item: 'NX and CR0.WP', words: ['nx page', 'cr0.wp'], tests: PAGING },
  { item: 'SMEP and SMAP', words: ['with smep', 'with smap', 'implicit access'], tests: PAGING },
  { item: 'UMIP', words: ['umip'], tests: [guest('system-msrs')] },
  { item: 'protection keys', words: ['rdpkru', 'wrpkru', 'ad refuses'], tests: PAGING },
  { item: 'global pages', words: ['global'], tests: [...PAGING, guest('paging-legacy-32')] },
  { item: 'PCID and INVPCID', words: ['invpcid', 'pcide'], tests: [guest('paging'), 'engine/paging-features.test.ts'] },
  {
    item: 'reserved bits of paging structures',
    words: ['is reserved'],
    tests: [...PAGING, guest('paging-legacy-32'), guest('paging-5-level-32')],
  },
  {
    item: 'canonical checks',
    words: ['lstar', 'sysenter_eip', 'kernel_gs_base', 'canonical'],
    tests: [guest('syscall'), guest('exceptions')],
  },
  { item: 'SYSCALL, SYSRET, SYSENTER, SYSEXIT', words: ['syscall', 'sysret', 'sysenter', 'sysexit'], tests: [guest('syscall')] },
  { item: 'SWAPGS and FSGSBASE', words: ['swapgs', 'fsbase'], tests: [guest('syscall')] },
  { item: 'RDTSCP, IA32_TSC_AUX, CR4.TSD', words: ['rdtscp', 'tsc_aux', 'cr4.tsd'], tests: [guest('system-msrs')] },
  { item: 'IA32_TSC_ADJUST', words: ['ia32_tsc_adjust'], tests: [guest('system-msrs')] },
  { item: 'MTRRs and PAT', words: ['ia32_mtrr_def_type', 'ia32_pat'], tests: [guest('system-msrs')] },
  { item: 'x2APIC by MSR', words: ['x2apic', 'self ipi'], tests: [guest('system-msrs')] },
  { item: 'performance counters and their overflow interrupt', words: ['rdpmc', 'overflow'], tests: [guest('pmu'), 'engine/pmu.test.ts'] },
  {
    item: 'debug registers and #DB',
    words: ['write breakpoint', 'execution breakpoint', 'i/o breakpoint', 'dr7.gd'],
    tests: [guest('debug-registers')],
  },
  { item: 'single-step trap', words: ['tf: after each instruction'], tests: [guest('debug-registers')] },
  { item: 'single-stepping on branches', words: ['ia32_debugctl', 'btf'], tests: [guest('branch-steps')] },
  { item: 'MONITOR and MWAIT', words: ['monitor', 'mwait'], tests: [guest('monitor'), 'engine/monitor.test.ts'] },
  { item: 'INVLPG', words: ['invlpg drops', 'invlpg of what is not canonical'], tests: [guest('paging')] },
  { item: 'CLFLUSH, CLFLUSHOPT, CLWB, PREFETCH', words: ['clflush', 'clflushopt', 'clwb', 'prefetch'], tests: [guest('paging')] },
  { item: 'RDRAND and RDSEED from the seed', words: ['rdrand', 'rdseed', 'seed'], tests: ['x86/system/random.test.ts'] },
  { item: 'NMI blocking', words: ['nmi'], tests: [guest('nmi-blocking'), guest('interrupts-and-shadow')] },
  { item: 'interrupt shadow', words: ['sti', 'mov ss'], tests: [guest('interrupts-and-shadow'), guest('debug-registers')] },
  { item: 'x87 exceptions by #MF and by FERR#', words: ['#mf', 'irq 13', 'ignne#'], tests: [guest('x87-exceptions'), guest('x87-ferr')] },
  { item: 'double and triple faults', words: ['double', '#df'], tests: [guest('double-fault')] },
  { item: 'hardware task switch', words: ['task'], tests: [guest('task-switch-32'), guest('task-state-32')] },
  {
    item: 'gates and far transfers',
    words: ['gate', 'call', 'ret'],
    tests: [guest('far-transfers'), guest('far-transfers-32'), guest('idt-gates-and-ist')],
  },
  { item: 'virtual-8086 mode and its extensions', words: ['vme', 'iopl'], tests: [guest('vm86-32'), guest('vm86-extensions-32')] },
  { item: 'real-address mode', words: ['real'], tests: [guest('real-mode-32')] },
  { item: 'alignment checks', words: ['alignment check', 'cpl 3'], tests: ['engine/alignment-and-rf.test.ts'] },
  { item: 'what CPUID denies', words: ['cpuid'], tests: [guest('cpuid-consistency')] },
];
