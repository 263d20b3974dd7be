// Fields of paging-structure entries, as SDM vol 3 tables 5-2 to 5-6 (32-bit), 5-8 to 5-12 (PAE) and 5-14 to 5-20 (4- and 5-level) print them.

export interface EntryField {
  name: string;
  bit: number;
  width: number;
  /** What value 0 and any other value mean. */
  zero: string;
  set: string;
}

const field = (name: string, bit: number, width: number, zero: string, set: string): EntryField => ({ name, bit, width, zero, set });

const P = field('P', 0, 1, 'not present: every access faults, the other bits mean nothing', 'present');
const RW = field('R/W', 1, 1, 'read-only below here (supervisor too, with CR0.WP)', 'writes allowed as far as this entry says');
const US = field('U/S', 2, 1, 'supervisor only', 'user accesses allowed as far as this entry says');
const PWT = field('PWT', 3, 1, 'write-back (with PCD and PAT)', 'write-through');
const PCD = field('PCD', 4, 1, 'cacheable', 'uncached');
const A = field('A', 5, 1, 'not used by a walk yet', 'accessed');
const D = field('D', 6, 1, 'clean: nothing written through it yet', 'dirty');
const PS0 = field('PS', 7, 1, 'refers to a table', 'maps a page');
const PAT = field('PAT', 7, 1, 'memory type by PWT and PCD', 'memory type from the upper half of the PAT');
const PAT_LARGE = field('PAT', 12, 1, 'memory type by PWT and PCD', 'memory type from the upper half of the PAT');
const G = field('G', 8, 1, 'flushed by MOV to CR3', 'global: survives MOV to CR3 while CR4.PGE is set');
const PK = field('PKEY', 59, 4, 'protection key 0', 'protection key');
const XD = field('XD', 63, 1, 'instruction fetches allowed as far as this entry says', 'no instruction fetches');

export type EntryFormat = keyof typeof ENTRY_FORMATS;

export const ENTRY_FORMATS = {
  'long-table': [P, RW, US, PWT, PCD, A, PS0, field('address', 12, 40, 'table at physical 0', 'table'), XD],
  'long-1G': [P, RW, US, PWT, PCD, A, D, PS0, G, PAT_LARGE, field('address', 30, 22, 'page at physical 0', '1 GiB page'), PK, XD],
  'long-2M': [P, RW, US, PWT, PCD, A, D, PS0, G, PAT_LARGE, field('address', 21, 31, 'page at physical 0', '2 MiB page'), PK, XD],
  'long-4K': [P, RW, US, PWT, PCD, A, D, PAT, G, field('address', 12, 40, 'page at physical 0', '4 KiB page'), PK, XD],
  'pae-pdpte': [P, PWT, PCD, field('address', 12, 40, 'page directory at physical 0', 'page directory')],
  'pae-table': [P, RW, US, PWT, PCD, A, PS0, field('address', 12, 40, 'table at physical 0', 'table'), XD],
  'pae-2M': [P, RW, US, PWT, PCD, A, D, PS0, G, PAT_LARGE, field('address', 21, 31, 'page at physical 0', '2 MiB page'), XD],
  'pae-4K': [P, RW, US, PWT, PCD, A, D, PAT, G, field('address', 12, 40, 'page at physical 0', '4 KiB page'), XD],
  'legacy-table': [P, RW, US, PWT, PCD, A, PS0, field('address', 12, 20, 'table at physical 0', 'table')],
  'legacy-4M': [
    P,
    RW,
    US,
    PWT,
    PCD,
    A,
    D,
    PS0,
    G,
    PAT_LARGE,
    field('address 39:32', 13, 8, 'page below 4 GiB', 'upper part of the address (PSE-36)'),
    field('address', 22, 10, 'page at physical 0', '4 MiB page'),
  ],
  'legacy-4K': [P, RW, US, PWT, PCD, A, D, PAT, G, field('address', 12, 20, 'page at physical 0', '4 KiB page')],
} as const satisfies Record<string, readonly EntryField[]>;

export interface EntryBit {
  name: string;
  bit: number;
  width: number;
  value: number;
  meaning: string;
}

/** Every field of an entry with its value and what it means. */
export const explainEntry = (format: EntryFormat, value: bigint): EntryBit[] =>
  ENTRY_FORMATS[format].map(({ name, bit, width, zero, set }) => {
    const bits = Number((value >> BigInt(bit)) & ((1n << BigInt(width)) - 1n));
    return { name, bit, width, value: bits, meaning: bits === 0 ? zero : set };
  });
