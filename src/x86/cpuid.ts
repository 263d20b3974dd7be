// CPUID leaves of the CPU itself, one row each, made from its model (SDM vol 2 "CPUID"; APM vol 3 app. E). Leaves of a hypervisor (4000_0000h and up) are the
// machine's; bits that follow the state are cpuid-dynamic.ts's.
import type { CpuidResult } from './cpu';
import { cacheLeaf, level1Leaf, level23Leaf } from './cpuid-caches';
import { CRYSTAL_HZ, TSC_HZ } from './cpuid-identity.rows';
import type { CpuModel } from './models/cpu-model';
import { PMU_LEAF } from './pmu/events.rows';
import { PHYSICAL_ADDRESS_BITS } from './system/bits';

export interface CpuidConfig {
  model: CpuModel;
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

const CLFLUSH_QUADWORDS = 8;
const HTT = 1 << 28;
const HYPERVISOR_BIT = 0x8000_0000;
const MHZ = 1_000_000;

/** Four characters as a little-endian register. */
function text(source: string, offset: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = (value << 8) | (source.charCodeAt(offset + i) || 0);
  return value >>> 0;
}
const none: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

const brandRow = (n: number): CpuidRow => ({
  leaf: 0x8000_0002 + n,
  name: 'brand',
  result: ({ model: { vendor } }) => ({
    eax: text(vendor.brand, n * 16),
    ebx: text(vendor.brand, n * 16 + 4),
    ecx: text(vendor.brand, n * 16 + 8),
    edx: text(vendor.brand, n * 16 + 12),
  }),
});

const isAmd = ({ model }: CpuidConfig): boolean => model.vendor.id === 'AuthenticAMD';

/** Bits of an APIC ID that select the core. */
export const coreIdBits = (vcpus: number): number => (vcpus <= 1 ? 0 : 32 - Math.clz32(vcpus - 1));

const vendorLeaf = ({ model: { vendor } }: CpuidConfig, eax: number): CpuidResult => ({
  eax,
  ebx: text(vendor.id, 0),
  edx: text(vendor.id, 4),
  ecx: text(vendor.id, 8),
});

const features = ({ model }: CpuidConfig, leaf: number, subleaf: number): CpuidResult => ({
  eax: model.cpuidBits(leaf, subleaf, 'eax'),
  ebx: model.cpuidBits(leaf, subleaf, 'ebx'),
  ecx: model.cpuidBits(leaf, subleaf, 'ecx'),
  edx: model.cpuidBits(leaf, subleaf, 'edx'),
});

function topologyLeaf(config: CpuidConfig, subleaf: number): CpuidResult {
  const edx = config.apicId;
  if (subleaf === 0) return { eax: 0, ebx: 1, ecx: 1 << 8, edx };
  if (subleaf === 1) return { eax: coreIdBits(config.vcpus), ebx: config.vcpus, ecx: (2 << 8) | 1, edx };
  return { eax: 0, ebx: 0, ecx: subleaf & 0xff, edx };
}

function versionLeaf(config: CpuidConfig): CpuidResult {
  const { ecx, edx } = features(config, 1, 0);
  const logical = 1 << coreIdBits(config.vcpus);
  const clflush = config.model.has('clflush') ? CLFLUSH_QUADWORDS << 8 : 0;
  return {
    eax: config.model.vendor.signature,
    ebx: (((config.apicId & 0xff) << 24) | (logical << 16) | clflush) >>> 0,
    ecx: (ecx | (config.hypervisor ? HYPERVISOR_BIT : 0)) >>> 0,
    edx: (edx | (config.vcpus > 1 ? HTT : 0)) >>> 0,
  };
}

/** MONITOR's line; interrupts break MWAIT also when masked; two sub-states of C1. */
const monitorLeaf = ({ model }: CpuidConfig): CpuidResult => (model.has('monitor') ? { eax: 64, ebx: 64, ecx: 3, edx: 0x20 } : none);

const pmuLeaf = ({ model }: CpuidConfig): CpuidResult => (model.has('pmu') ? PMU_LEAF : none);

const addressSizes = (config: CpuidConfig): CpuidResult => {
  const linear = config.model.has('la57') ? 57 : 48;
  const cores = isAmd(config) ? (coreIdBits(config.vcpus) << 12) | (config.vcpus - 1) : 0;
  return { ...none, eax: (linear << 8) | PHYSICAL_ADDRESS_BITS, ecx: cores };
};

const MAX_BASIC = 0x1f;
const MAX_EXTENDED = 0x8000_0008;

export const CPUID_ROWS: readonly CpuidRow[] = [
  {
    leaf: 0,
    name: 'vendor and largest basic leaf',
    result: (config) => vendorLeaf(config, MAX_BASIC),
  },
  { leaf: 1, name: 'version and features', result: versionLeaf },
  { leaf: 2, name: 'caches: see leaf 4', result: () => ({ eax: 0x00fe_ff01, ebx: 0, ecx: 0, edx: 0 }) },
  { leaf: 4, name: 'caches', subleaves: true, result: (config, subleaf) => cacheLeaf(coreIdBits(config.vcpus), subleaf) },
  { leaf: 5, name: 'MONITOR', result: monitorLeaf },
  { leaf: 6, name: 'power', result: (config) => features(config, 6, 0) },
  { leaf: 7, name: 'structured features', subleaves: true, result: (config, subleaf) => (subleaf === 0 ? features(config, 7, 0) : none) },
  { leaf: 0xa, name: 'performance monitoring', result: pmuLeaf },
  { leaf: 0xb, name: 'topology', subleaves: true, result: topologyLeaf },
  { leaf: 0x15, name: 'TSC and crystal', result: () => ({ eax: 1, ebx: TSC_HZ / CRYSTAL_HZ, ecx: CRYSTAL_HZ, edx: 0 }) },
  { leaf: 0x16, name: 'frequencies in MHz', result: () => ({ eax: TSC_HZ / MHZ, ebx: TSC_HZ / MHZ, ecx: 100, edx: 0 }) },
  { leaf: 0x1f, name: 'topology, version 2', subleaves: true, result: topologyLeaf },
  {
    leaf: 0x8000_0000,
    name: 'largest extended leaf',
    result: (config) => (isAmd(config) ? vendorLeaf(config, MAX_EXTENDED) : { ...none, eax: MAX_EXTENDED }),
  },
  { leaf: 0x8000_0001, name: 'extended features', result: (config) => features(config, 0x8000_0001, 0) },
  ...[0, 1, 2].map(brandRow),
  { leaf: 0x8000_0005, name: 'L1 caches', result: (config) => (isAmd(config) ? level1Leaf() : none) },
  { leaf: 0x8000_0006, name: 'L2 and L3 cache', result: (config) => level23Leaf(isAmd(config)) },
  { leaf: 0x8000_0007, name: 'invariant TSC', result: (config) => features(config, 0x8000_0007, 0) },
  { leaf: 0x8000_0008, name: 'address sizes', result: addressSizes },
];

/** A leaf above the largest basic one gives the largest basic leaf's data, as Intel CPUs do; extended ones give zeros. */
export function cpuidLeaf(config: CpuidConfig, leaf: number, subleaf: number): CpuidResult {
  const wanted = leaf >>> 0;
  const effective = wanted > MAX_BASIC && wanted < 0x8000_0000 ? MAX_BASIC : wanted;
  return CPUID_ROWS.find((row) => row.leaf === effective)?.result(config, subleaf >>> 0) ?? none;
}
