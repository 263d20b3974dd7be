// The MSRs that the CPU owns, one row each (SDM vol 4 table 2-2). All others are the host's: local APIC, x2APIC, TSC deadline, hypervisor MSRs; what
// the model must have for those is HOST_MSR_FEATURES.
import { MICROCODE_REVISION } from './cpuid-identity.rows';
import { MTRR_VARIABLE, type MtrrForm, MtrrSlot } from './mtrr';
import { PMU } from './pmu/events.rows';
import type { PmuRegister } from './pmu/registers';

/** State fields that an MSR shows as they are. */
export type MsrField =
  | 'star'
  | 'lstar'
  | 'cstar'
  | 'fmask'
  | 'kernelGsBase'
  | 'sysenterCs'
  | 'sysenterEsp'
  | 'sysenterEip'
  | 'tscAux'
  | 'pat'
  | 'miscEnable'
  | 'debugCtl';

export type MsrKind =
  /** `writable`: bits that may be set, others raise #GP; `kept`: bits that are kept, others read 0; `canonical`: #GP unless canonical. */
  | { kind: 'field'; field: MsrField; writable?: bigint; kept?: bigint; canonical?: boolean }
  /** Reads as `value`. Writes: ignored, #GP, or only zero allowed. */
  | { kind: 'fixed'; value: bigint; write: 'ignored' | 'refused' | 'zero-only' }
  | { kind: 'mtrr'; form: MtrrForm; slot: number }
  | { kind: 'pmu'; which: PmuRegister }
  /** Known, and not there: #GP. */
  | { kind: 'absent' }
  | { kind: 'efer' | 'tsc' | 'tsc-adjust' | 'fs-base' | 'gs-base' };

export interface MsrRow {
  index: number;
  name: string;
  is: MsrKind;
  meaning: string;
  /** CPUID features one of which it belongs to; nothing: every processor has it. Denied: #GP. */
  features?: readonly string[];
}

const field = (name: MsrField, more: { writable?: bigint; kept?: bigint; canonical?: boolean } = {}): MsrKind => ({
  kind: 'field',
  field: name,
  ...more,
});
const fixed = (value: bigint, write: 'ignored' | 'refused' | 'zero-only' = 'refused'): MsrKind => ({ kind: 'fixed', value, write });

const LOW32 = 0xffff_ffffn;
/**
 * Nothing speculates here: RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO,
 * RFDS_NO, ITS_NO. Not IBRS_ALL: it promises IA32_SPEC_CTRL.
 */
const ARCH_CAPABILITIES = [0, 3, 4, 5, 6, 8, 13, 14, 15, 20, 24, 26, 27, 62].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
/** Ratio 20 of 100 MHz in bits 15:8 (base) and 47:40 (lowest). */
const PLATFORM_INFO = (20n << 8n) | (20n << 40n);
/** Fast strings, thermal control, performance monitoring, BTS and PEBS unavailable, SpeedStep, MONITOR, CPUID limit, xTPR, XD disable. */
const MISC_ENABLE_BITS = [0, 3, 7, 11, 12, 16, 18, 22, 23, 34].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
/** LBR, BTF, TR, BTS, BTINT, BTS_OFF_OS, BTS_OFF_USR, FREEZE_LBRS_ON_PMI, FREEZE_PERFMON_ON_PMI (SDM vol 4 table 2-2). */
const DEBUGCTL_BITS = [0, 1, 6, 7, 8, 9, 10, 11, 12].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
const DEBUGCTL_BTF = 2n;
/** Eight variable ranges, fixed ranges, write combining. */
const MTRRCAP = 0x508n;

const mtrr = (index: number, name: string, form: MtrrForm, slot: number, meaning: string): MsrRow => ({
  index,
  name,
  is: { kind: 'mtrr', form, slot },
  meaning,
  features: ['mtrr'],
});
const mtrrPairs: MsrRow[] = Array.from({ length: MTRR_VARIABLE * 2 }, (_, n) =>
  mtrr(
    0x200 + n,
    `IA32_MTRR_PHYS${n & 1 ? 'MASK' : 'BASE'}${n >> 1}`,
    n & 1 ? 'mask' : 'base',
    MtrrSlot.variable + n,
    'variable-range MTRR',
  ),
);
const FIXED_RANGES = [
  '64K_00000',
  '16K_80000',
  '16K_A0000',
  ...['C0', 'C8', 'D0', 'D8', 'E0', 'E8', 'F0', 'F8'].map((at) => `4K_${at}000`),
];
const mtrrFixed: MsrRow[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map((index, n) =>
  mtrr(index, `IA32_MTRR_FIX${FIXED_RANGES[n]}`, 'fixed', MtrrSlot.fixed + n, 'fixed-range MTRR'),
);

const pmu = (index: number, name: string, which: PmuRegister, meaning: string): MsrRow => ({
  index,
  name,
  is: { kind: 'pmu', which },
  meaning,
  features: ['pmu'],
});
const several = (count: number, make: (n: number) => MsrRow): MsrRow[] => Array.from({ length: count }, (_, n) => make(n));
const pmuRows: MsrRow[] = [
  ...several(PMU.counters, (n) => pmu(0xc1 + n, `IA32_PMC${n}`, { register: 'counter', n }, 'performance counter')),
  ...several(PMU.counters, (n) => pmu(0x186 + n, `IA32_PERFEVTSEL${n}`, { register: 'select', n }, 'what the counter counts')),
  ...several(PMU.fixedCounters, (n) => pmu(0x309 + n, `IA32_FIXED_CTR${n}`, { register: 'fixed', n }, 'fixed-function counter')),
  pmu(0x38d, 'IA32_FIXED_CTR_CTRL', { register: 'fixed-control' }, 'which fixed counters count'),
  pmu(0x38e, 'IA32_PERF_GLOBAL_STATUS', { register: 'global-status' }, 'counters that overflowed'),
  pmu(0x38f, 'IA32_PERF_GLOBAL_CTRL', { register: 'global-control' }, 'counters that may count'),
  pmu(0x390, 'IA32_PERF_GLOBAL_OVF_CTRL', { register: 'global-overflow-control' }, 'clears overflow bits'),
];

/** MSRs that software asks for and that this CPU does not have, as its CPUID says: #GP(0). */
const ABSENT: readonly [number, string, string][] = [
  [0x33, 'MSR_TEST_CTRL', 'split-lock detection'],
  [0x3a, 'IA32_FEATURE_CONTROL', 'VMX and SMX'],
  [0x48, 'IA32_SPEC_CTRL', 'speculation controls: nothing speculates'],
  [0x49, 'IA32_PRED_CMD', 'speculation barrier: nothing speculates'],
  [0xe1, 'IA32_UMWAIT_CONTROL', 'WAITPKG'],
  [0xe7, 'IA32_MPERF', 'clock ratio'],
  [0xe8, 'IA32_APERF', 'clock ratio'],
  [0x10b, 'IA32_FLUSH_CMD', 'L1 flush: no cache'],
  [0x122, 'IA32_TSX_CTRL', 'transactions'],
  [0x140, 'MSR_MISC_FEATURES_ENABLES', 'CPUID faulting'],
  [0x198, 'IA32_PERF_STATUS', 'performance states'],
  [0x199, 'IA32_PERF_CTL', 'performance states'],
  [0x19c, 'IA32_THERM_STATUS', 'thermal sensor'],
  [0x1b0, 'IA32_ENERGY_PERF_BIAS', 'energy hint'],
  [0x345, 'IA32_PERF_CAPABILITIES', 'needs CPUID.1:ECX.PDCM'],
  [0x480, 'IA32_VMX_BASIC', 'VMX'],
  [0x600, 'IA32_DS_AREA', 'debug store'],
  [0x606, 'MSR_RAPL_POWER_UNIT', 'energy counters'],
  [0x6a0, 'IA32_U_CET', 'control-flow enforcement'],
  [0x6a2, 'IA32_S_CET', 'control-flow enforcement'],
  [0xda0, 'IA32_XSS', 'XSAVES'],
];
const absentRows: MsrRow[] = ABSENT.map(([index, name, meaning]) => ({ index, name, is: { kind: 'absent' }, meaning }));

export const MSR_ROWS: readonly MsrRow[] = [
  { index: 0x10, name: 'IA32_TIME_STAMP_COUNTER', is: { kind: 'tsc' }, meaning: 'time stamp counter', features: ['tsc'] },
  { index: 0x17, name: 'IA32_PLATFORM_ID', is: fixed(0n), meaning: 'platform' },
  { index: 0x2a, name: 'MSR_EBL_CR_POWERON', is: fixed(0n, 'ignored'), meaning: 'bus at power-on' },
  { index: 0x34, name: 'MSR_SMI_COUNT', is: fixed(0n), meaning: 'system management interrupts so far' },
  { index: 0x3b, name: 'IA32_TSC_ADJUST', is: { kind: 'tsc-adjust' }, meaning: 'what software added to the TSC', features: ['tsc-adjust'] },
  { index: 0x79, name: 'IA32_BIOS_UPDT_TRIG', is: fixed(0n, 'ignored'), meaning: 'microcode update: ignored' },
  { index: 0x8b, name: 'IA32_BIOS_SIGN_ID', is: fixed(BigInt(MICROCODE_REVISION) << 32n, 'ignored'), meaning: 'microcode revision' },
  { index: 0xce, name: 'MSR_PLATFORM_INFO', is: fixed(PLATFORM_INFO), meaning: 'ratio of TSC and bus clock' },
  { index: 0xfe, name: 'IA32_MTRRCAP', is: fixed(MTRRCAP), meaning: 'number and kinds of MTRRs', features: ['mtrr'] },
  {
    index: 0x10a,
    name: 'IA32_ARCH_CAPABILITIES',
    is: fixed(ARCH_CAPABILITIES),
    meaning: 'weaknesses this CPU does not have',
    features: ['arch-capabilities'],
  },
  { index: 0x174, name: 'IA32_SYSENTER_CS', is: field('sysenterCs', { writable: LOW32 }), meaning: 'CS of SYSENTER', features: ['sep'] },
  { index: 0x175, name: 'IA32_SYSENTER_ESP', is: field('sysenterEsp', { canonical: true }), meaning: 'RSP of SYSENTER', features: ['sep'] },
  { index: 0x176, name: 'IA32_SYSENTER_EIP', is: field('sysenterEip', { canonical: true }), meaning: 'RIP of SYSENTER', features: ['sep'] },
  { index: 0x179, name: 'IA32_MCG_CAP', is: fixed(0n), meaning: 'machine-check banks: none', features: ['mca'] },
  { index: 0x17a, name: 'IA32_MCG_STATUS', is: fixed(0n, 'zero-only'), meaning: 'machine check in progress', features: ['mca'] },
  {
    index: 0x1a0,
    name: 'IA32_MISC_ENABLE',
    is: field('miscEnable', { writable: MISC_ENABLE_BITS }),
    meaning: 'fast strings, performance monitoring, MONITOR, XD disable',
  },
  {
    index: 0x1d9,
    name: 'IA32_DEBUGCTL',
    is: field('debugCtl', { writable: DEBUGCTL_BITS, kept: DEBUGCTL_BTF }),
    meaning: 'single-stepping on branches; no branch recording',
  },
  { index: 0x277, name: 'IA32_PAT', is: field('pat'), meaning: 'page attribute table', features: ['pat'] },
  mtrr(0x2ff, 'IA32_MTRR_DEF_TYPE', 'default', MtrrSlot.default, 'default memory type'),
  ...mtrrPairs,
  ...mtrrFixed,
  ...pmuRows,
  ...absentRows,
  { index: 0xc000_0080, name: 'IA32_EFER', is: { kind: 'efer' }, meaning: 'SYSCALL, long mode, no-execute' },
  { index: 0xc000_0081, name: 'IA32_STAR', is: field('star'), meaning: 'selectors of SYSCALL and SYSRET', features: ['syscall'] },
  { index: 0xc000_0082, name: 'IA32_LSTAR', is: field('lstar', { canonical: true }), meaning: 'RIP of SYSCALL', features: ['syscall'] },
  {
    index: 0xc000_0083,
    name: 'IA32_CSTAR',
    is: field('cstar', { canonical: true }),
    meaning: 'RIP of SYSCALL in compatibility mode (not used by Intel)',
    features: ['syscall'],
  },
  {
    index: 0xc000_0084,
    name: 'IA32_FMASK',
    is: field('fmask', { writable: LOW32 }),
    meaning: 'flags that SYSCALL clears',
    features: ['syscall'],
  },
  { index: 0xc000_0100, name: 'IA32_FS_BASE', is: { kind: 'fs-base' }, meaning: 'base of FS' },
  { index: 0xc000_0101, name: 'IA32_GS_BASE', is: { kind: 'gs-base' }, meaning: 'base of GS' },
  { index: 0xc000_0102, name: 'IA32_KERNEL_GS_BASE', is: field('kernelGsBase', { canonical: true }), meaning: 'what SWAPGS swaps in' },
  {
    index: 0xc000_0103,
    name: 'IA32_TSC_AUX',
    is: field('tscAux', { writable: LOW32 }),
    meaning: 'ECX of RDTSCP',
    features: ['rdtscp', 'rdpid'],
  },
];

/** MSRs of the host that need a feature, first and last. */
export const HOST_MSR_FEATURES: readonly { first: number; last: number; feature: string }[] = [
  { first: 0x6e0, last: 0x6e0, feature: 'tsc-deadline' },
  { first: 0x800, last: 0x8ff, feature: 'x2apic' },
];
