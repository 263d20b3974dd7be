// Bits of paging-structure entries, as people read them (SDM vol 3 tables 5-4 to 5-6, 5-8 to 5-11, 5-15 to 5-20).

export interface EntryBit {
  name: string;
  bit: number;
  width: number;
  /** What the value means: one text for 0 and 1, or one for any value. */
  meaning: readonly [string, string] | string;
}

const P: EntryBit = { name: 'P', bit: 0, width: 1, meaning: ['not present: any access raises #PF', 'present'] };
const RW: EntryBit = { name: 'R/W', bit: 1, width: 1, meaning: ['read-only', 'writable, if every level says so'] };
const US: EntryBit = { name: 'U/S', bit: 2, width: 1, meaning: ['supervisor only', 'user may access, if every level says so'] };
const PWT: EntryBit = { name: 'PWT', bit: 3, width: 1, meaning: ['PAT index bit 0 clear', 'PAT index bit 0 set'] };
const PCD: EntryBit = { name: 'PCD', bit: 4, width: 1, meaning: ['PAT index bit 1 clear', 'PAT index bit 1 set'] };
const A: EntryBit = { name: 'A', bit: 5, width: 1, meaning: ['not accessed since cleared', 'accessed'] };
const D: EntryBit = { name: 'D', bit: 6, width: 1, meaning: ['not written since cleared', 'dirty: written'] };
const PS_TABLE: EntryBit = { name: 'PS', bit: 7, width: 1, meaning: ['refers to a table', 'must be 0 here'] };
const PS_PAGE: EntryBit = { name: 'PS', bit: 7, width: 1, meaning: ['refers to a table', 'maps a large page'] };
const PAT4K: EntryBit = { name: 'PAT', bit: 7, width: 1, meaning: ['PAT index bit 2 clear', 'PAT index bit 2 set'] };
const PAT_LARGE: EntryBit = { name: 'PAT', bit: 12, width: 1, meaning: ['PAT index bit 2 clear', 'PAT index bit 2 set'] };
const G: EntryBit = { name: 'G', bit: 8, width: 1, meaning: ['flushed with CR3', 'global: stays when CR3 changes, if CR4.PGE'] };
const AVL: EntryBit = { name: 'AVL', bit: 9, width: 3, meaning: 'free for software' };
const IGNORED: EntryBit = { name: 'AVL', bit: 52, width: 11, meaning: 'free for software' };
const XD: EntryBit = { name: 'XD', bit: 63, width: 1, meaning: ['executable, if every level says so', 'no instruction fetches'] };

const COMMON = [P, RW, US, PWT, PCD, A] as const;
const address = (bit: number, end: number, of: string): EntryBit => ({
  name: 'address',
  bit,
  width: end - bit,
  meaning: `physical address of the ${of}`,
});

/** Kinds of entries: what they are in and what they refer to. */
export type EntryKind = 'table32' | 'page32' | 'pte32' | 'pdpte-pae' | 'table64' | 'table64-top' | 'page2m' | 'page1g' | 'pte64';

export const ENTRY_BITS: Readonly<Record<EntryKind, readonly EntryBit[]>> = {
  table32: [...COMMON, PS_PAGE, { ...AVL, bit: 8, width: 4 }, address(12, 32, 'page table')],
  page32: [...COMMON, D, PS_PAGE, G, AVL, PAT_LARGE, address(22, 32, '4 MiB page')],
  pte32: [...COMMON, D, PAT4K, G, AVL, address(12, 32, 'page')],
  'pdpte-pae': [P, PWT, PCD, AVL, address(12, 52, 'page directory')],
  'table64-top': [...COMMON, PS_TABLE, { ...AVL, bit: 8, width: 4 }, address(12, 52, 'next table'), IGNORED, XD],
  table64: [...COMMON, PS_PAGE, { ...AVL, bit: 8, width: 4 }, address(12, 52, 'next table'), IGNORED, XD],
  page1g: [...COMMON, D, PS_PAGE, G, AVL, PAT_LARGE, address(30, 52, '1 GiB page'), IGNORED, XD],
  page2m: [...COMMON, D, PS_PAGE, G, AVL, PAT_LARGE, address(21, 52, '2 MiB page'), IGNORED, XD],
  pte64: [...COMMON, D, PAT4K, G, AVL, address(12, 52, 'page'), IGNORED, XD],
};
