// Which accesses to a mapped page fault all the same, and why: rights, SMEP, SMAP, protection keys (SDM vol 3 ch. 5.6, 5.7).
import { PfError } from '../fault';
import { CR0_WP, nxEnabled, type PagingState } from './levels';
import type { Rights } from './rights';

export interface DeniedAccess {
  by: 'user' | 'supervisor';
  kind: 'read' | 'write' | 'fetch';
  /** Error code of the page fault. */
  errorCode: number;
  reason: string;
}

const CR4_PAE = 1n << 5n;
const CR4_SMEP = 1n << 20n;
const CR4_SMAP = 1n << 21n;
const CR4_PKE = 1n << 22n;
const EFER_LMA = 1n << 10n;

/** The key that counts for a page's data accesses: user-mode addresses with CR4.PKE in 4- and 5-level paging. */
export const effectiveKey = (state: PagingState, user: boolean, entry: bigint): number | null =>
  user && state.cr4 & CR4_PKE && state.efer & EFER_LMA ? Number((entry >> 59n) & 15n) : null;

function byKey(state: PagingState, key: number | null, kind: DeniedAccess['kind'], guarded: boolean): string | undefined {
  if (key === null || kind === 'fetch') return undefined;
  const bits = (state.pkru ?? 0) >>> (key * 2);
  if (bits & 1) return `protection key ${key}: PKRU.AD${key} is set`;
  return kind === 'write' && bits & 2 && guarded ? `protection key ${key}: PKRU.WD${key} is set` : undefined;
}

function byRights(state: PagingState, rights: Rights, by: DeniedAccess['by'], kind: DeniedAccess['kind']): string | undefined {
  if (by === 'user' && !rights.user) return 'a supervisor page';
  if (kind === 'write' && !rights.writable && (by === 'user' || state.cr0 & CR0_WP))
    return by === 'user' ? 'a read-only page' : 'a read-only page, and CR0.WP is set';
  if (kind === 'fetch' && !rights.executable) return 'XD is set';
  if (by === 'user' || !rights.user) return undefined;
  if (kind === 'fetch') return state.cr4 & CR4_SMEP ? 'SMEP: a user page' : undefined;
  return state.cr4 & CR4_SMAP ? 'SMAP: a user page; explicit accesses pass with EFLAGS.AC' : undefined;
}

export function deniedAccesses(state: PagingState, rights: Rights, key: number | null): DeniedAccess[] {
  const found: DeniedAccess[] = [];
  const fetchBit = state.cr4 & CR4_SMEP || (state.cr4 & CR4_PAE && nxEnabled(state)) ? PfError.fetch : 0;
  for (const by of ['user', 'supervisor'] as const)
    for (const kind of ['read', 'write', 'fetch'] as const) {
      const plain = byRights(state, rights, by, kind);
      const keyed = byKey(state, key, kind, by === 'user' || (state.cr0 & CR0_WP) !== 0n);
      const reason = plain ?? keyed;
      if (reason === undefined) continue;
      let errorCode: number = PfError.present | (keyed === undefined ? 0 : PfError.protectionKey);
      if (by === 'user') errorCode |= PfError.user;
      if (kind === 'write') errorCode |= PfError.write;
      if (kind === 'fetch') errorCode |= fetchBit;
      found.push({ by, kind, errorCode, reason });
    }
  return found;
}
