// Caches as CPUID shows them: 32 KiB of data and of instructions and 2 MiB for each core, 32 MiB for all (SDM vol 2 "CPUID", leaf 04h; APM vol 3 E.4.4).
import type { CpuidResult } from './cpu';

interface Cache {
  level: 1 | 2 | 3;
  /** Data, instructions, unified. */
  type: 1 | 2 | 3;
  ways: number;
  sets: number;
  shared: boolean;
}
const CACHES: readonly Cache[] = [
  { level: 1, type: 1, ways: 8, sets: 64, shared: false },
  { level: 1, type: 2, ways: 8, sets: 64, shared: false },
  { level: 2, type: 3, ways: 16, sets: 2048, shared: false },
  { level: 3, type: 3, ways: 16, sets: 32768, shared: true },
];
const LINE_BYTES = 64;
const SELF_INITIALISING = 1 << 8;
/** Associativity codes of leaf 8000_0006h. */
const WAYS_16 = 8;

/** Leaf 04h: one cache per subleaf. `coreIdBits`: bits of an APIC ID that select the core. */
export function cacheLeaf(coreIdBits: number, subleaf: number): CpuidResult {
  const cache = CACHES[subleaf];
  if (!cache) return { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  const cores = (1 << coreIdBits) - 1;
  const eax = cache.type | (cache.level << 5) | SELF_INITIALISING | ((cache.shared ? cores : 0) << 14) | (cores << 26);
  return { eax: eax >>> 0, ebx: (((cache.ways - 1) << 22) | (LINE_BYTES - 1)) >>> 0, ecx: cache.sets - 1, edx: 0 };
}

const kib = (level: number, type: number): number => {
  const cache = CACHES.find((each) => each.level === level && each.type === type);
  return cache ? (cache.ways * cache.sets * LINE_BYTES) / 1024 : 0;
};

/** Leaf 8000_0005h, level 1 (AMD's; Intel's is reserved). */
export const level1Leaf = (): CpuidResult => {
  const line = (size: number): number => ((size << 24) | (8 << 16) | (1 << 8) | LINE_BYTES) >>> 0;
  return { eax: 0, ebx: 0, ecx: line(kib(1, 1)), edx: line(kib(1, 2)) };
};
/** Leaf 8000_0006h, levels 2 and 3 (Intel's: level 2 only). */
export const level23Leaf = (amd: boolean): CpuidResult => ({
  eax: 0,
  ebx: 0,
  ecx: ((kib(2, 3) << 16) | (WAYS_16 << 12) | (amd ? 1 << 8 : 0) | LINE_BYTES) >>> 0,
  edx: amd ? (((kib(3, 3) / 512) << 18) | (WAYS_16 << 12) | (1 << 8) | LINE_BYTES) >>> 0 : 0,
});
