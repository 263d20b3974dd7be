// The paging modes as data: their levels, and what an entry of a level is, allows and must not have set (SDM vol 3 ch. 5.1.1, 5.3 to 5.5).
import { Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS } from '../system/bits';
import type { VcpuState } from '../vcpu-state';
import type { EntryKind } from './entry-bits.rows';

export type PagingMode = 'none' | '32-bit' | 'PAE' | '4-level' | '5-level';

/** What a walk depends on. `pdptes`: the PAE registers of a CPU; without them the entries are read from memory (another CR3). */
export interface PagingRegisters {
  cr0: bigint;
  cr3: bigint;
  cr4: bigint;
  efer: bigint;
  pdptes?: readonly bigint[];
}

export function pagingRegisters(state: VcpuState): PagingRegisters {
  const pdptes = [0, 1, 2, 3].map((index) => state.pdpte(index));
  return { cr0: state.u64('cr0'), cr3: state.u64('cr3'), cr4: state.u64('cr4'), efer: state.u64('efer'), pdptes };
}

export function pagingMode({ cr0, cr4, efer }: PagingRegisters): PagingMode {
  if (!(cr0 & Cr0.PG)) return 'none';
  if (efer & Efer.LMA) return cr4 & Cr4.LA57 ? '5-level' : '4-level';
  return cr4 & Cr4.PAE ? 'PAE' : '32-bit';
}

export interface Level {
  name: 'PML5E' | 'PML4E' | 'PDPTE' | 'PDE' | 'PTE';
  /** Lowest linear address bit that indexes the table. */
  shift: number;
  /** Number of index bits. */
  bits: number;
  /** Entry that refers to a table, and the one that maps a page here (undefined: none may). */
  table: EntryKind | undefined;
  page: EntryKind | undefined;
}

const PML4E: Level = { name: 'PML4E', shift: 39, bits: 9, table: 'table64-top', page: undefined };
const PDPTE: Level = { name: 'PDPTE', shift: 30, bits: 9, table: 'table64', page: 'page1g' };
const PDE: Level = { name: 'PDE', shift: 21, bits: 9, table: 'table64', page: 'page2m' };
const PTE: Level = { name: 'PTE', shift: 12, bits: 9, table: undefined, page: 'pte64' };

export const LEVELS: Readonly<Record<PagingMode, readonly Level[]>> = {
  none: [],
  '32-bit': [
    { name: 'PDE', shift: 22, bits: 10, table: 'table32', page: 'page32' },
    { name: 'PTE', shift: 12, bits: 10, table: undefined, page: 'pte32' },
  ],
  PAE: [{ name: 'PDPTE', shift: 30, bits: 2, table: 'pdpte-pae', page: undefined }, PDE, PTE],
  '4-level': [PML4E, PDPTE, PDE, PTE],
  '5-level': [{ ...PML4E, name: 'PML5E', shift: 48 }, PML4E, PDPTE, PDE, PTE],
};

export const entrySize = (mode: PagingMode): 4 | 8 => (mode === '32-bit' ? 4 : 8);

const ones = (from: number, to: number): bigint => ((1n << BigInt(to - from)) - 1n) << BigInt(from);
const PS = 1n << 7n;
const XD = 1n << 63n;

/** How this entry of this level is to be read. */
export function kindOf(level: Level, value: bigint, registers: PagingRegisters, mode: PagingMode): EntryKind {
  if (!level.table) return level.page as EntryKind;
  const large = level.page !== undefined && (value & PS) !== 0n && (mode !== '32-bit' || (registers.cr4 & Cr4.PSE) !== 0n);
  return large ? (level.page as EntryKind) : level.table;
}

/** Bits that must be 0 in a present entry. */
export function reservedBits(kind: EntryKind, registers: PagingRegisters, mode: PagingMode): bigint {
  if (kind === 'page32') return ones(13, 22);
  if (kind === 'table32' || kind === 'pte32') return 0n;
  if (kind === 'pdpte-pae') return 0x1e6n | ones(PHYSICAL_ADDRESS_BITS, 64);
  let bits = mode === 'PAE' ? ones(PHYSICAL_ADDRESS_BITS, 63) : ones(PHYSICAL_ADDRESS_BITS, 52);
  if (!(registers.efer & Efer.NXE)) bits |= XD;
  if (kind === 'table64-top') bits |= PS;
  if (kind === 'page2m') bits |= ones(13, 21);
  if (kind === 'page1g') bits |= ones(13, 30);
  return bits;
}

/** Physical address that the entry refers to. */
export function targetOf(kind: EntryKind, value: bigint): number {
  const low = kind === 'page32' ? 22 : kind === 'page2m' ? 21 : kind === 'page1g' ? 30 : 12;
  const end = kind === 'page32' || kind === 'table32' || kind === 'pte32' ? 32 : PHYSICAL_ADDRESS_BITS;
  return Number(value & ones(low, end));
}

/** Physical address of the first table. */
export function rootOf(mode: PagingMode, cr3: bigint): number {
  if (mode === 'PAE') return Number(cr3 & 0xffff_ffe0n);
  return Number(cr3 & ones(12, mode === '32-bit' ? 32 : PHYSICAL_ADDRESS_BITS));
}

export interface Rights {
  writable: boolean;
  user: boolean;
  executable: boolean;
}
export const ALL_RIGHTS: Rights = { writable: true, user: true, executable: true };

/** Rights after one more level (SDM vol 3 ch. 5.6.1). A PAE PDPTE restricts nothing. */
export function restrict(rights: Rights, kind: EntryKind, value: bigint): Rights {
  if (kind === 'pdpte-pae') return rights;
  const wide = kind !== 'table32' && kind !== 'page32' && kind !== 'pte32';
  return {
    writable: rights.writable && (value & 2n) !== 0n,
    user: rights.user && (value & 4n) !== 0n,
    executable: rights.executable && !(wide && value & XD),
  };
}

/** Bits of a linear address that count in this mode, and the check of the others. */
export const linearBits = (mode: PagingMode): number => (mode === '5-level' ? 57 : mode === '4-level' ? 48 : 32);
export function isCanonicalFor(mode: PagingMode, linear: bigint): boolean {
  const bits = linearBits(mode);
  return bits === 32 ? linear >> 32n === 0n : BigInt.asIntN(bits, linear) === BigInt.asIntN(64, linear);
}
