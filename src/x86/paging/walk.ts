// A page walk for people and debuggers: every step explained, nothing filled, no bit set (SDM vol 3 ch. 5). The CPU's own walker is the engine's.
import { type DeniedAccess, deniedAccesses, effectiveKey } from './denied';
import { type EntryBit, explainEntry } from './entries.rows';
import { type Level, MODE_LEVELS, nxEnabled, type PagingMode, type PagingState, pagingMode, pseEnabled, reservedMask } from './levels';
import { narrow, type Rights } from './rights';

/** Guest-physical memory as a walk reads it. */
export interface WalkMemory {
  /** Undefined where it is not RAM. */
  read64(gpa: number): bigint | undefined;
  read32(gpa: number): number | undefined;
  isRam(gpa: number): boolean;
}

export type Outcome = 'table' | 'page' | 'not-present' | 'reserved-bits' | 'unreadable';

export interface WalkStep {
  name: string;
  entryGpa: number;
  value: bigint;
  size: 4 | 8;
  index: number;
  outcome: Outcome;
  bits: EntryBit[];
}

export interface WalkResult {
  gpa: number;
  pageSize: number;
  writable: boolean;
  user: boolean;
  executable: boolean;
  global: boolean;
  accessed: boolean;
  dirty: boolean;
  ram: boolean;
  /** Where one counts: a user page with CR4.PKE. */
  protectionKey: number | null;
  /** Accesses that fault although the page is mapped. */
  denied: readonly DeniedAccess[];
}

export interface Walk {
  linear: bigint;
  mode: PagingMode;
  cr3: bigint;
  steps: WalkStep[];
  result: WalkResult | null;
  problem: string | null;
}

const ADDRESS_MASK = 0x000f_ffff_ffff_f000n;

export const tableBase = (state: PagingState, mode: PagingMode): number => {
  const mask = mode === '32-bit' ? 0xffff_f000n : mode === 'PAE' ? 0xffff_ffe0n : ADDRESS_MASK;
  return Number(state.cr3 & mask);
};

export const isCanonical = (linear: bigint, mode: PagingMode): boolean => {
  if (mode !== '4-level' && mode !== '5-level') return linear <= 0xffff_ffffn;
  const bits = mode === '5-level' ? 57 : 48;
  return BigInt.asUintN(64, BigInt.asIntN(bits, linear)) === linear;
};

export const mapsPage = (state: PagingState, mode: PagingMode, item: Level, value: bigint): boolean =>
  item.page !== undefined && (!item.byPs || ((value & 0x80n) !== 0n && (mode !== '32-bit' || pseEnabled(state))));

export const pageAddress = (mode: PagingMode, item: Level, value: bigint): number => {
  const low = (1n << BigInt(item.shift)) - 1n;
  if (mode === '32-bit' && item.byPs) return Number((value & 0xffc0_0000n) | (((value >> 13n) & 0xffn) << 32n));
  return Number(value & ADDRESS_MASK & ~low);
};

export const readEntry = (memory: WalkMemory, gpa: number, size: 4 | 8): bigint | undefined => {
  if (size === 8) return memory.read64(gpa);
  const value = memory.read32(gpa);
  return value === undefined ? undefined : BigInt(value >>> 0);
};

/** One entry of one level, read and judged. */
export const examine = (state: PagingState, mode: PagingMode, item: Level, entryGpa: number, value: bigint | undefined) => {
  if (value === undefined) return { outcome: 'unreadable' as const, value: 0n, format: item.table ?? item.page!, entryGpa };
  const isPage = mapsPage(state, mode, item, value);
  const format = (isPage ? item.page : item.table)!;
  const outcome: Outcome =
    (value & 1n) === 0n
      ? 'not-present'
      : (value & reservedMask(state, mode, item, isPage)) !== 0n
        ? 'reserved-bits'
        : isPage
          ? 'page'
          : 'table';
  return { outcome, value, format, entryGpa };
};

const PROBLEMS: Record<Exclude<Outcome, 'table' | 'page'>, (name: string) => string> = {
  'not-present': (name) => `the ${name} is not present: an access raises #PF`,
  'reserved-bits': (name) => `the ${name} has reserved bits set: an access raises #PF with RSVD`,
  unreadable: (name) => `the ${name} lies outside RAM`,
};

/** Translates `linear` step by step. Addresses that are not canonical and disabled paging are told, not thrown. */
export const walk = (state: PagingState, memory: WalkMemory, linear: bigint): Walk => {
  const mode = pagingMode(state);
  const done = (steps: WalkStep[], result: WalkResult | null, problem: string | null): Walk => ({
    linear,
    mode,
    cr3: state.cr3,
    steps,
    result,
    problem,
  });
  if (mode === 'none') {
    const gpa = Number(BigInt.asUintN(52, linear));
    const all = { writable: true, user: true, executable: true, global: false, accessed: false, dirty: false };
    return done([], { gpa, pageSize: 4096, ...all, ram: memory.isRam(gpa), protectionKey: null, denied: [] }, null);
  }
  if (!isCanonical(linear, mode))
    return done([], null, mode.endsWith('level') ? 'the address is not canonical: an access raises #GP' : 'the address is above 4 GiB');
  const { entrySize, levels } = MODE_LEVELS[mode];
  const steps: WalkStep[] = [];
  let base = tableBase(state, mode);
  let rights: Rights = { writable: true, user: true, executable: true, accessed: true };
  for (const item of levels) {
    const index = Number((linear >> BigInt(item.shift)) & ((1n << BigInt(item.bits)) - 1n));
    const entryGpa = base + index * entrySize;
    const cached = item.name === 'PDPTE' && mode === 'PAE' ? state.pdptes?.[index] : undefined;
    const seen = examine(state, mode, item, entryGpa, cached ?? readEntry(memory, entryGpa, entrySize));
    const { outcome, value, format } = seen;
    steps.push({ name: item.name, entryGpa, value, size: entrySize, index, outcome, bits: explainEntry(format, value) });
    if (outcome !== 'table' && outcome !== 'page') return done(steps, null, PROBLEMS[outcome](item.name));
    rights = narrow(rights, value, format, nxEnabled(state));
    if (outcome === 'page') {
      const pageSize = 2 ** item.shift;
      const gpa = pageAddress(mode, item, value) + Number(linear & BigInt(pageSize - 1));
      const protectionKey = effectiveKey(state, rights.user, value);
      const denied = deniedAccesses(state, rights, protectionKey);
      const bits = { global: (value & 0x100n) !== 0n, dirty: (value & 0x40n) !== 0n };
      return done(steps, { gpa, pageSize, ...rights, ...bits, ram: memory.isRam(gpa), protectionKey, denied }, null);
    }
    base = Number(value & (mode === '32-bit' ? 0xffff_f000n : ADDRESS_MASK));
  }
  return done(steps, null, 'the tables never end');
};
