// The MSRs that the CPU owns, one row each (SDM vol 4 table 2-2). All others are the host's: local APIC, x2APIC, TSC deadline, hypervisor MSRs; what
// the model must have for those is HOST_MSR_FEATURES.
import { MICROCODE_REVISION } from './cpuid-identity.rows';

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
  | 'miscEnable';

export type MsrKind =
  /** `writable`: bits that may be set, others raise #GP; `canonical`: #GP unless canonical. */
  | { kind: 'field'; field: MsrField; writable?: bigint; canonical?: boolean }
  /** Reads as `value`. Writes: ignored, #GP, or only zero allowed. */
  | { kind: 'fixed'; value: bigint; write: 'ignored' | 'refused' | 'zero-only' }
  | { kind: 'efer' | 'tsc' | 'tsc-adjust' | 'fs-base' | 'gs-base' };

export interface MsrRow {
  index: number;
  name: string;
  is: MsrKind;
  meaning: string;
  /** CPUID features one of which it belongs to; nothing: every processor has it. Denied: #GP. */
  features?: readonly string[];
}

const field = (name: MsrField, more: { writable?: bigint; canonical?: boolean } = {}): MsrKind => ({ kind: 'field', field: name, ...more });
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
/** Eight variable ranges, fixed ranges, write combining. */
const MTRRCAP = 0x508n;
/** MTRRs and fixed ranges enabled, default type write-back. */
const MTRR_DEF_TYPE = 0xc06n;
const ALL_WRITE_BACK = 0x0606_0606_0606_0606n;

const mtrrPairs: MsrRow[] = Array.from({ length: 16 }, (_, n) => ({
  index: 0x200 + n,
  name: `IA32_MTRR_PHYS${n & 1 ? 'MASK' : 'BASE'}${n >> 1}`,
  is: fixed(0n, 'ignored'),
  meaning: 'variable-range MTRR, never in use',
  features: ['mtrr'],
}));
const mtrrFixed: MsrRow[] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map((index) => ({
  index,
  name: `IA32_MTRR_FIX_${index.toString(16)}H`,
  is: fixed(ALL_WRITE_BACK, 'ignored'),
  meaning: 'fixed-range MTRR: write-back',
  features: ['mtrr'],
}));

export const MSR_ROWS: readonly MsrRow[] = [
  { index: 0x10, name: 'IA32_TIME_STAMP_COUNTER', is: { kind: 'tsc' }, meaning: 'time stamp counter', features: ['tsc'] },
  { index: 0x17, name: 'IA32_PLATFORM_ID', is: fixed(0n), meaning: 'platform' },
  { index: 0x34, name: 'MSR_SMI_COUNT', is: fixed(0n), meaning: 'system management interrupts so far' },
  { index: 0x3b, name: 'IA32_TSC_ADJUST', is: { kind: 'tsc-adjust' }, meaning: 'what software added to the TSC', features: ['tsc-adjust'] },
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
  { index: 0x1d9, name: 'IA32_DEBUGCTL', is: fixed(0n, 'ignored'), meaning: 'branch recording: none' },
  { index: 0x277, name: 'IA32_PAT', is: field('pat'), meaning: 'page attribute table', features: ['pat'] },
  {
    index: 0x2ff,
    name: 'IA32_MTRR_DEF_TYPE',
    is: fixed(MTRR_DEF_TYPE, 'ignored'),
    meaning: 'default memory type: write-back',
    features: ['mtrr'],
  },
  ...mtrrPairs,
  ...mtrrFixed,
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
