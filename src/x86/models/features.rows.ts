// The features of the CPU, one row each: name (as QEMU spells it), place in CPUID (SDM vol 2 "CPUID", tables 3-8 to 3-11; APM vol 3 app. E.4), the first
// model that has it, what it builds on, and what denying it takes away. Instruction rows name their feature themselves (`feature` in insn/row.ts).

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';
/** The first named model with it; `max` has all. */
export type ModelLevel = 'v1' | 'v2' | 'v3' | 'max';

export interface FeatureRow {
  name: string;
  aliases: readonly string[];
  leaf: number;
  subleaf: number;
  register: CpuidRegister;
  bit: number;
  level: ModelLevel;
  /** Features without which it cannot be. */
  needs: readonly string[];
  /** CR4 bits that exist with it only. */
  cr4: bigint;
  /** EFER bits that exist with it only. */
  efer: bigint;
  /** Every x86-64 processor has it, and nothing here can do without. */
  fixed: boolean;
  /** Left out of a model under a hypervisor unless it is asked for by name: what guests conclude from it is wrong there. */
  notUnderHypervisor: boolean;
  /** What implements it beside its instructions; with none of both it does not exist yet. */
  system: string | undefined;
}

interface More {
  alias?: string;
  needs?: string;
  cr4?: readonly number[];
  efer?: readonly number[];
  fixed?: true;
  notUnderHypervisor?: true;
  system?: string;
}

const bits = (list: readonly number[] = []): bigint => list.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
const words = (text = ''): readonly string[] => text.split(' ').filter((word) => word !== '');

const inRegister =
  (leaf: number, subleaf: number, register: CpuidRegister) =>
  (bit: number, name: string, level: ModelLevel, more: More = {}): FeatureRow => ({
    name,
    aliases: words(more.alias),
    leaf,
    subleaf,
    register,
    bit,
    level,
    needs: words(more.needs),
    cr4: bits(more.cr4),
    efer: bits(more.efer),
    fixed: more.fixed ?? false,
    notUnderHypervisor: more.notUnderHypervisor ?? false,
    system: more.system,
  });

const d1 = inRegister(1, 0, 'edx');
const c1 = inRegister(1, 0, 'ecx');
const a6 = inRegister(6, 0, 'eax');
const b7 = inRegister(7, 0, 'ebx');
const c7 = inRegister(7, 0, 'ecx');
const d7 = inRegister(7, 0, 'edx');
const aD1 = inRegister(0xd, 1, 'eax');
const extC = inRegister(0x8000_0001, 0, 'ecx');
const extD = inRegister(0x8000_0001, 0, 'edx');
const powerD = inRegister(0x8000_0007, 0, 'edx');

const BASE = { system: 'instruction rows that every x86-64 processor has' } as const;
const HINT = { system: 'nothing: it tells software what is fast or stays on' } as const;

export const FEATURES: readonly FeatureRow[] = [
  d1(0, 'fpu', 'v1', { ...BASE, fixed: true }),
  d1(1, 'vme', 'v1', { cr4: [0, 1], system: 'virtual interrupt flag' }),
  d1(2, 'de', 'v1', { cr4: [3], system: 'debug registers' }),
  d1(3, 'pse', 'v1', { cr4: [4], system: 'page walk' }),
  d1(4, 'tsc', 'v1', { ...BASE, cr4: [2] }),
  d1(5, 'msr', 'v1', BASE),
  d1(6, 'pae', 'v1', { cr4: [5], system: 'page walk', fixed: true }),
  d1(7, 'mce', 'v1', { cr4: [6], system: 'CR4.MCE; no machine check ever happens' }),
  d1(8, 'cx8', 'v1', { ...BASE, alias: 'cmpxchg8b' }),
  d1(9, 'apic', 'v1', { system: 'local APIC', fixed: true }),
  d1(11, 'sep', 'v1', { ...BASE, alias: 'sysenter' }),
  d1(12, 'mtrr', 'v1', { system: 'MSRs: all memory is write-back' }),
  d1(13, 'pge', 'v1', { cr4: [7], system: 'TLB' }),
  d1(14, 'mca', 'v1', { needs: 'mce', system: 'MSRs: no banks' }),
  d1(15, 'cmov', 'v1', BASE),
  d1(16, 'pat', 'v1', { system: 'MSR' }),
  d1(17, 'pse36', 'v1', { alias: 'pse-36', needs: 'pse', system: 'page walk' }),
  d1(19, 'clflush', 'v1', { ...BASE, alias: 'clfsh' }),
  d1(23, 'mmx', 'v1', {}),
  d1(24, 'fxsr', 'v1', { ...BASE, cr4: [9] }),
  d1(25, 'sse', 'v1', { ...BASE, cr4: [10], needs: 'fxsr' }),
  d1(26, 'sse2', 'v1', { ...BASE, needs: 'sse' }),
  c1(0, 'sse3', 'v2', { alias: 'pni', needs: 'sse2' }),
  c1(1, 'pclmulqdq', 'v3', { alias: 'pclmul', needs: 'sse2' }),
  c1(3, 'monitor', 'max', { alias: 'mwait', notUnderHypervisor: true }),
  c1(9, 'ssse3', 'v2', { needs: 'sse3' }),
  c1(12, 'fma', 'v3', { needs: 'avx' }),
  c1(13, 'cx16', 'v2', { alias: 'cmpxchg16b', needs: 'cx8' }),
  c1(15, 'pdcm', 'max', { needs: 'pmu' }),
  c1(17, 'pcid', 'v3', { cr4: [17], needs: 'lm pge', system: 'TLB' }),
  c1(19, 'sse4.1', 'v2', { alias: 'sse4-1 sse4_1', needs: 'ssse3' }),
  c1(20, 'sse4.2', 'v2', { alias: 'sse4-2 sse4_2', needs: 'sse4.1' }),
  c1(21, 'x2apic', 'v1', { needs: 'apic msr', system: 'local APIC' }),
  c1(22, 'movbe', 'v3', {}),
  c1(23, 'popcnt', 'v2', {}),
  c1(24, 'tsc-deadline', 'v1', { alias: 'tsc_deadline tscdeadline', needs: 'apic tsc msr', system: 'local APIC timer' }),
  c1(25, 'aes', 'v3', { alias: 'aesni aes-ni', needs: 'sse2' }),
  c1(26, 'xsave', 'v3', { cr4: [18], needs: 'fxsr' }),
  c1(28, 'avx', 'v3', { needs: 'xsave sse4.2' }),
  c1(29, 'f16c', 'v3', { needs: 'avx' }),
  c1(30, 'rdrand', 'v3', {}),
  a6(2, 'arat', 'v1', HINT),
  b7(0, 'fsgsbase', 'v3', { cr4: [16], needs: 'lm' }),
  b7(1, 'tsc-adjust', 'v1', { alias: 'tsc_adjust', needs: 'tsc msr', system: 'MSR' }),
  b7(3, 'bmi1', 'v3', { alias: 'bmi' }),
  b7(5, 'avx2', 'v3', { needs: 'avx' }),
  b7(7, 'smep', 'v3', { cr4: [20], system: 'page walk' }),
  b7(8, 'bmi2', 'v3', {}),
  b7(9, 'erms', 'v3', HINT),
  b7(10, 'invpcid', 'v3', { needs: 'pcid' }),
  b7(16, 'avx512f', 'max', { needs: 'avx2' }),
  b7(18, 'rdseed', 'max', {}),
  b7(19, 'adx', 'max', {}),
  b7(20, 'smap', 'max', { cr4: [21], system: 'page walk' }),
  b7(23, 'clflushopt', 'max', { needs: 'clflush' }),
  b7(24, 'clwb', 'max', { needs: 'clflush' }),
  b7(29, 'sha-ni', 'max', { alias: 'sha sha_ni', needs: 'sse2' }),
  c7(2, 'umip', 'max', { cr4: [11], system: 'descriptor-table and status instructions' }),
  c7(3, 'pku', 'max', { cr4: [22], needs: 'lm' }),
  c7(16, 'la57', 'max', { cr4: [12], needs: 'lm', system: 'page walk' }),
  c7(22, 'rdpid', 'max', { needs: 'tsc' }),
  d7(4, 'fsrm', 'max', { ...HINT, needs: 'erms' }),
  d7(29, 'arch-capabilities', 'v1', { alias: 'arch_capabilities', needs: 'msr', system: 'MSR' }),
  aD1(0, 'xsaveopt', 'v3', { needs: 'xsave' }),
  aD1(1, 'xsavec', 'max', { needs: 'xsave' }),
  aD1(2, 'xgetbv1', 'max', { needs: 'xsave', system: 'XGETBV with ECX 1' }),
  aD1(3, 'xsaves', 'max', { needs: 'xsavec' }),
  extC(0, 'lahf-lm', 'v2', { alias: 'lahf_lm', needs: 'lm' }),
  extC(5, 'abm', 'v3', { alias: 'lzcnt' }),
  extC(8, '3dnowprefetch', 'v3', { alias: 'prefetchw', system: 'PREFETCHW, which is a NOP with or without it' }),
  extD(11, 'syscall', 'v1', { ...BASE, efer: [0], needs: 'lm' }),
  extD(20, 'nx', 'v1', { alias: 'xd', efer: [11], needs: 'pae', system: 'page walk' }),
  extD(26, 'pdpe1gb', 'v1', { needs: 'lm', system: 'page walk', fixed: true }),
  extD(27, 'rdtscp', 'v2', { needs: 'tsc' }),
  extD(29, 'lm', 'v1', { efer: [8], system: '64-bit mode', fixed: true }),
  powerD(8, 'invtsc', 'max', { alias: 'invariant-tsc invariant_tsc', needs: 'tsc', system: 'virtual time', notUnderHypervisor: true }),
  // No bit of its own: leaf 0Ah.
  { ...inRegister(0xa, 0, 'eax')(-1, 'pmu', 'max', { needs: 'msr', system: 'counters driven by the engine' }), cr4: bits([8]) },
];

export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name);

/** By its name or an alias. */
export const featureRow = (name: string): FeatureRow | undefined => FEATURES.find((row) => row.name === name || row.aliases.includes(name));
