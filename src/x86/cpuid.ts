// CPUID leaves of the CPU itself, one row each (SDM vol 2 "CPUID"). Leaves of a hypervisor (4000_0000h and up) are the machine's.
import type { CpuidResult } from './cpu';
import { featureBits, isOffered } from './cpuid-features.rows';
import { CPU_BRAND, CPU_SIGNATURE, CPU_VENDOR, CRYSTAL_HZ, TSC_HZ } from './cpuid-identity.rows';
import { PMU_LEAF } from './pmu/events.rows';
import { PHYSICAL_ADDRESS_BITS } from './system/bits';

export interface CpuidConfig {
  /** vCPUs of the VM: one package of as many single-thread cores. */
  vcpus: number;
  /** Of the asking vCPU. */
  apicId: number;
  /** CPUID.1:ECX[31]: leaves at 4000_0000h exist. */
  hypervisor: boolean;
}

export interface CpuidRow {
  leaf: number;
  name: string;
  /** True if ECX selects. */
  subleaves?: boolean;
  result(config: CpuidConfig, subleaf: number): CpuidResult;
}

const LINEAR_ADDRESS_BITS = isOffered('LA57') ? 57 : 48;
const CLFLUSH_QUADWORDS = 8;
const HYPERVISOR_BIT = 0x8000_0000;
const MHZ = 1_000_000;

/** Four characters as a little-endian register. */
function text(source: string, offset: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = (value << 8) | (source.charCodeAt(offset + i) || 0);
  return value >>> 0;
}
const brand = (offset: number): CpuidResult => ({
  eax: text(CPU_BRAND, offset),
  ebx: text(CPU_BRAND, offset + 4),
  ecx: text(CPU_BRAND, offset + 8),
  edx: text(CPU_BRAND, offset + 12),
});
const none: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** Bits of an APIC ID that select the core. */
export const coreIdBits = (vcpus: number): number => (vcpus <= 1 ? 0 : 32 - Math.clz32(vcpus - 1));

interface Cache {
  level: 1 | 2 | 3;
  type: 1 | 2 | 3;
  ways: number;
  sets: number;
  shared: boolean;
}
/** 32 KiB data and instruction, 1 MiB unified for each core, 16 MiB shared. */
const CACHES: readonly Cache[] = [
  { level: 1, type: 1, ways: 8, sets: 64, shared: false },
  { level: 1, type: 2, ways: 8, sets: 64, shared: false },
  { level: 2, type: 3, ways: 16, sets: 1024, shared: false },
  { level: 3, type: 3, ways: 16, sets: 16384, shared: true },
];

function cacheLeaf(config: CpuidConfig, subleaf: number): CpuidResult {
  const cache = CACHES[subleaf];
  if (!cache) return none;
  const cores = (1 << coreIdBits(config.vcpus)) - 1;
  const eax = cache.type | (cache.level << 5) | (1 << 8) | ((cache.shared ? cores : 0) << 14) | (cores << 26);
  return { eax: eax >>> 0, ebx: (((cache.ways - 1) << 22) | 63) >>> 0, ecx: cache.sets - 1, edx: 0 };
}

function topologyLeaf(config: CpuidConfig, subleaf: number): CpuidResult {
  const edx = config.apicId;
  if (subleaf === 0) return { eax: 0, ebx: 1, ecx: 1 << 8, edx };
  if (subleaf === 1) return { eax: coreIdBits(config.vcpus), ebx: config.vcpus, ecx: (2 << 8) | 1, edx };
  return { eax: 0, ebx: 0, ecx: subleaf & 0xff, edx };
}

function versionLeaf(config: CpuidConfig): CpuidResult {
  const logical = 1 << coreIdBits(config.vcpus);
  const htt = config.vcpus > 1 ? 1 << 28 : 0;
  return {
    eax: CPU_SIGNATURE,
    ebx: (((config.apicId & 0xff) << 24) | (logical << 16) | (CLFLUSH_QUADWORDS << 8)) >>> 0,
    ecx: (featureBits(1, 0, 'ecx') | (config.hypervisor ? HYPERVISOR_BIT : 0)) >>> 0,
    edx: (featureBits(1, 0, 'edx') | htt) >>> 0,
  };
}

const MAX_BASIC = 0x16;
const MAX_EXTENDED = 0x8000_0008;

export const CPUID_ROWS: readonly CpuidRow[] = [
  {
    leaf: 0,
    name: 'vendor and largest basic leaf',
    result: () => ({ eax: MAX_BASIC, ebx: text(CPU_VENDOR, 0), edx: text(CPU_VENDOR, 4), ecx: text(CPU_VENDOR, 8) }),
  },
  { leaf: 1, name: 'version and features', result: versionLeaf },
  { leaf: 2, name: 'caches: see leaf 4', result: () => ({ eax: 0x00fe_ff01, ebx: 0, ecx: 0, edx: 0 }) },
  { leaf: 4, name: 'caches', subleaves: true, result: cacheLeaf },
  { leaf: 6, name: 'power', result: () => ({ ...none, eax: featureBits(6, 0, 'eax') }) },
  {
    leaf: 7,
    name: 'structured features',
    subleaves: true,
    result: (_config, subleaf) =>
      subleaf === 0 ? { eax: 0, ebx: featureBits(7, 0, 'ebx'), ecx: featureBits(7, 0, 'ecx'), edx: featureBits(7, 0, 'edx') } : none,
  },
  { leaf: 0xa, name: 'performance monitoring', result: () => PMU_LEAF },
  { leaf: 0xb, name: 'topology', subleaves: true, result: topologyLeaf },
  {
    leaf: 0x15,
    name: 'TSC and crystal',
    result: () => ({ eax: 1, ebx: TSC_HZ / CRYSTAL_HZ, ecx: CRYSTAL_HZ, edx: 0 }),
  },
  { leaf: 0x16, name: 'frequencies in MHz', result: () => ({ eax: TSC_HZ / MHZ, ebx: TSC_HZ / MHZ, ecx: 100, edx: 0 }) },
  { leaf: 0x8000_0000, name: 'largest extended leaf', result: () => ({ ...none, eax: MAX_EXTENDED }) },
  {
    leaf: 0x8000_0001,
    name: 'extended features',
    result: () => ({ ...none, ecx: featureBits(0x8000_0001, 0, 'ecx'), edx: featureBits(0x8000_0001, 0, 'edx') }),
  },
  { leaf: 0x8000_0002, name: 'brand', result: () => brand(0) },
  { leaf: 0x8000_0003, name: 'brand', result: () => brand(16) },
  { leaf: 0x8000_0004, name: 'brand', result: () => brand(32) },
  { leaf: 0x8000_0006, name: 'L2 cache', result: () => ({ ...none, ecx: (1024 << 16) | (8 << 12) | 64 }) },
  { leaf: 0x8000_0007, name: 'invariant TSC', result: () => ({ ...none, edx: featureBits(0x8000_0007, 0, 'edx') }) },
  {
    leaf: 0x8000_0008,
    name: 'address sizes',
    result: () => ({ ...none, eax: (LINEAR_ADDRESS_BITS << 8) | PHYSICAL_ADDRESS_BITS }),
  },
];

const rowOf = (leaf: number): CpuidRow | undefined => CPUID_ROWS.find((row) => row.leaf === leaf);

/** A leaf above the largest basic one gives the largest basic leaf's data, as Intel CPUs do; extended ones give zeros. */
export function cpuidLeaf(config: CpuidConfig, leaf: number, subleaf: number): CpuidResult {
  const wanted = leaf >>> 0;
  if (wanted >= 0x8000_0000 ? wanted > MAX_EXTENDED : false) return none;
  const effective = wanted > MAX_BASIC && wanted < 0x8000_0000 ? MAX_BASIC : wanted;
  return rowOf(effective)?.result(config, subleaf >>> 0) ?? none;
}
