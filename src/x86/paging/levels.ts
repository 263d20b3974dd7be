// The levels of each paging mode as data: index width, entry size, and which format an entry has (SDM vol 3 ch. 5).
import type { EntryFormat } from './entries.rows';

export type PagingMode = 'none' | '32-bit' | 'PAE' | '4-level' | '5-level';

export interface Level {
  name: string;
  /** Lowest bit of the linear address that indexes this level, and how many bits. */
  shift: number;
  bits: number;
  table: EntryFormat | undefined;
  /** Format of an entry that maps a page here: by PS, or always at the last level. */
  page: EntryFormat | undefined;
  /** The entry maps a page only with PS set (and, 32-bit, CR4.PSE). */
  byPs: boolean;
}

export interface ModeLevels {
  entrySize: 4 | 8;
  levels: readonly Level[];
}

const level = (
  name: string,
  shift: number,
  bits: number,
  table: EntryFormat | undefined,
  page: EntryFormat | undefined,
  byPs: boolean,
): Level => ({
  name,
  shift,
  bits,
  table,
  page,
  byPs,
});

const FOUR = [
  level('PML4E', 39, 9, 'long-table', undefined, false),
  level('PDPTE', 30, 9, 'long-table', 'long-1G', true),
  level('PDE', 21, 9, 'long-table', 'long-2M', true),
  level('PTE', 12, 9, undefined, 'long-4K', false),
];

export const MODE_LEVELS: Record<Exclude<PagingMode, 'none'>, ModeLevels> = {
  '32-bit': {
    entrySize: 4,
    levels: [level('PDE', 22, 10, 'legacy-table', 'legacy-4M', true), level('PTE', 12, 10, undefined, 'legacy-4K', false)],
  },
  PAE: {
    entrySize: 8,
    levels: [
      level('PDPTE', 30, 2, 'pae-pdpte', undefined, false),
      level('PDE', 21, 9, 'pae-table', 'pae-2M', true),
      level('PTE', 12, 9, undefined, 'pae-4K', false),
    ],
  },
  '4-level': { entrySize: 8, levels: FOUR },
  '5-level': { entrySize: 8, levels: [level('PML5E', 48, 9, 'long-table', undefined, false), ...FOUR] },
};

/** What of a vCPU decides its paging. */
export interface PagingState {
  cr0: bigint;
  cr3: bigint;
  cr4: bigint;
  efer: bigint;
  /** MAXPHYADDR (CPUID 80000008h EAX[7:0]). */
  physicalBits: number;
  /** Protection-key rights; nothing said: all keys open. */
  pkru?: number;
  /** PAE: the four PDPTE registers (loaded with CR3); undefined: read them from memory. */
  pdptes?: readonly bigint[];
}

export const CR0_WP = 1n << 16n;
const CR0_PG = 1n << 31n;
const CR4_PSE = 1n << 4n;
const CR4_PAE = 1n << 5n;
const CR4_LA57 = 1n << 12n;
const EFER_LMA = 1n << 10n;
const EFER_NXE = 1n << 11n;

export const pagingMode = (state: PagingState): PagingMode => {
  if ((state.cr0 & CR0_PG) === 0n) return 'none';
  if ((state.cr4 & CR4_PAE) === 0n) return '32-bit';
  if ((state.efer & EFER_LMA) === 0n) return 'PAE';
  return (state.cr4 & CR4_LA57) !== 0n ? '5-level' : '4-level';
};
export const pseEnabled = (state: PagingState): boolean => (state.cr4 & CR4_PSE) !== 0n;
export const nxEnabled = (state: PagingState): boolean => (state.efer & EFER_NXE) !== 0n;

/** Bits of an entry that must be zero. */
export const reservedMask = (state: PagingState, mode: PagingMode, item: Level, isPage: boolean): bigint => {
  const range = (low: number, high: number): bigint => (high < low ? 0n : ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low));
  if (mode === '32-bit') return item.byPs && isPage ? range(21, 21) : 0n;
  const top = mode === 'PAE' ? 62 : 51;
  let mask = range(state.physicalBits, top);
  if (!nxEnabled(state)) mask |= 1n << 63n;
  if (mode === 'PAE' && item.name === 'PDPTE') return mask | range(1, 2) | range(5, 8) | (1n << 63n);
  if (isPage && item.byPs) mask |= range(13, item.shift - 1);
  if (!item.byPs && !isPage) mask |= 1n << 7n; // PML4E, PML5E: PS must be 0
  return mask;
};
