// Helper rows that get no vectors, each with its reason and the tests that give their expected values, with the manual's section. All other rows are compared.

interface Excluded {
  reason: string;
  /** Each of these names the instruction, or its helper. */
  tests: readonly string[];
  helpers: readonly string[];
}

const SEGMENTS = 'x86/system/segments.test.ts';
const MSRS = 'x86/system/msrs.test.ts';
const OTHERS = 'x86/system/ports-and-others.test.ts';
const TRANSFER = 'x86/system/transfer.test.ts';
const FPU_STATE = 'x86/fpu/state.test.ts';

export const EXCLUDED: readonly Excluded[] = [
  {
    reason: "stores the host's descriptor tables or task",
    tests: [SEGMENTS],
    helpers: ['sgdt', 'sidt', 'sldt', 'str', 'smsw'],
  },
  {
    reason: "goes through the host's descriptor tables",
    tests: [TRANSFER, 'guests/system/far-transfers-32.c', 'guests/system/far-transfers.c'],
    helpers: ['jmpFarDirect', 'jmpFarIndirect', 'callFarDirect', 'callFarIndirect', 'retFar', 'iret'],
  },
  { reason: "leads into the host's kernel", tests: [TRANSFER, 'guests/system/syscall.c'], helpers: ['sysenter', 'sysret', 'sysexit'] },
  { reason: "reads the host's time", tests: [MSRS], helpers: ['rdtsc', 'rdtscp'] },
  { reason: "reads the host's counters", tests: ['engine/pmu.test.ts'], helpers: ['rdpmc'] },
  { reason: 'is random', tests: ['guests/system/cpuid-consistency.c'], helpers: ['rdrand', 'rdseed'] },
  { reason: 'says which processor it is', tests: ['x86/cpuid.test.ts'], helpers: ['cpuid'] },
  {
    reason: 'exists only where the host has the feature and its kernel has enabled it',
    tests: ['engine/paging-features.test.ts'],
    helpers: ['invpcid', 'rdpkru', 'wrpkru'],
  },
  { reason: "is the hypervisor's", tests: [OTHERS], helpers: ['vmcall', 'vmmcall'] },
  { reason: 'is answered by features that the host has and we do not', tests: [FPU_STATE], helpers: ['xgetbv', 'xsetbv'] },
  { reason: 'is hidden by hypervisors', tests: ['engine/monitor.test.ts'], helpers: ['monitor', 'mwait'] },
  { reason: 'belongs to system management mode', tests: [OTHERS], helpers: ['rsm'] },
];
