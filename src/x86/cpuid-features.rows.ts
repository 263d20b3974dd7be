// Every feature the CPU offers or knowingly does not, with its CPUID bit (SDM vol 2 "CPUID", tables 3-8 to 3-11; APM vol 3 app. E.4). CR4 and EFER bits
// that may be set follow from the same table.

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

export interface CpuidFeature {
  name: string;
  leaf: number;
  /** 0 where the leaf has no subleaves. */
  subleaf: number;
  register: CpuidRegister;
  bit: number;
  offered: boolean;
  /** CR4 bit that software sets to use it. */
  cr4?: number;
  note?: string;
}

const feature =
  (leaf: number, register: CpuidRegister) =>
  (bit: number, name: string, offered: boolean, more: { cr4?: number; note?: string } = {}): CpuidFeature => ({
    name,
    leaf,
    subleaf: 0,
    register,
    bit,
    offered,
    ...more,
  });

const d1 = feature(1, 'edx');
const c1 = feature(1, 'ecx');
const a6 = feature(6, 'eax');
const b7 = feature(7, 'ebx');
const c7 = feature(7, 'ecx');
const d7 = feature(7, 'edx');
const extC = feature(0x8000_0001, 'ecx');
const extD = feature(0x8000_0001, 'edx');
const powerD = feature(0x8000_0007, 'edx');

export const CPUID_FEATURES: readonly CpuidFeature[] = [
  d1(0, 'FPU', true, { note: 'part of the x86-64 baseline; arithmetic that is missing stops the run by name' }),
  d1(1, 'VME', false, { cr4: 0 }),
  d1(2, 'DE', true, { cr4: 3 }),
  d1(3, 'PSE', true, { cr4: 4 }),
  d1(4, 'TSC', true, { cr4: 2 }),
  d1(5, 'MSR', true),
  d1(6, 'PAE', true, { cr4: 5 }),
  d1(7, 'MCE', true, { cr4: 6 }),
  d1(8, 'CX8', true),
  d1(9, 'APIC', true),
  d1(11, 'SEP', true),
  d1(12, 'MTRR', true, { note: 'kept, all memory is write-back' }),
  d1(13, 'PGE', true, { cr4: 7 }),
  d1(14, 'MCA', true, { note: 'no banks' }),
  d1(15, 'CMOV', true),
  d1(16, 'PAT', true),
  d1(17, 'PSE-36', true),
  d1(19, 'CLFSH', true),
  d1(23, 'MMX', false),
  d1(24, 'FXSR', true, { cr4: 9 }),
  d1(25, 'SSE', true, { cr4: 10 }),
  d1(26, 'SSE2', true),
  c1(0, 'SSE3', false),
  c1(1, 'PCLMULQDQ', false),
  c1(3, 'MONITOR', false),
  c1(9, 'SSSE3', false),
  c1(12, 'FMA', false),
  c1(13, 'CMPXCHG16B', true),
  c1(17, 'PCID', true, { cr4: 17 }),
  c1(19, 'SSE4.1', false),
  c1(20, 'SSE4.2', false),
  c1(21, 'x2APIC', true),
  c1(22, 'MOVBE', false),
  c1(23, 'POPCNT', true),
  c1(24, 'TSC_DEADLINE', true),
  c1(25, 'AES', false),
  c1(26, 'XSAVE', false, { cr4: 18 }),
  c1(28, 'AVX', false),
  c1(30, 'RDRAND', true),
  a6(2, 'ARAT', true, { note: 'the APIC timer never stops' }),
  b7(0, 'FSGSBASE', true, { cr4: 16 }),
  b7(1, 'TSC_ADJUST', true),
  b7(3, 'BMI1', false),
  b7(5, 'AVX2', false),
  b7(7, 'SMEP', true, { cr4: 20 }),
  b7(8, 'BMI2', false),
  b7(9, 'ERMS', true),
  b7(10, 'INVPCID', true),
  b7(18, 'RDSEED', true),
  b7(19, 'ADX', false),
  b7(20, 'SMAP', true, { cr4: 21 }),
  b7(23, 'CLFLUSHOPT', true),
  b7(24, 'CLWB', true),
  c7(2, 'UMIP', true, { cr4: 11 }),
  c7(3, 'PKU', true, { cr4: 22 }),
  c7(16, 'LA57', true, { cr4: 12 }),
  c7(22, 'RDPID', false),
  d7(4, 'FSRM', true),
  d7(29, 'ARCH_CAPABILITIES', true),
  extC(0, 'LAHF_LM', true),
  extC(5, 'LZCNT', true),
  extC(8, 'PREFETCHW', true),
  extD(11, 'SYSCALL', true),
  extD(20, 'NX', true),
  extD(26, 'PDPE1GB', true),
  extD(27, 'RDTSCP', true),
  extD(29, 'LM', true),
  powerD(8, 'INVARIANT_TSC', true),
];

/** CR4 bits that belong to no feature bit: PCE (RDPMC is refused without counters, but the bit exists). */
const CR4_ALWAYS = 1n << 8n;

/** CR4 bits that may be set; all others raise #GP. */
export const CR4_OFFERED: bigint = CPUID_FEATURES.reduce(
  (bits, row) => (row.offered && row.cr4 !== undefined ? bits | (1n << BigInt(row.cr4)) : bits),
  CR4_ALWAYS,
);

export const isOffered = (name: string): boolean => CPUID_FEATURES.some((row) => row.name === name && row.offered);

/** All offered bits of one register, as an unsigned number. */
export function featureBits(leaf: number, subleaf: number, register: CpuidRegister): number {
  let bits = 0;
  for (const row of CPUID_FEATURES) {
    if (row.offered && row.leaf === leaf && row.subleaf === subleaf && row.register === register) bits |= 1 << row.bit;
  }
  return bits >>> 0;
}
