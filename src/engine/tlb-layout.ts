// Where a vCPU's TLB stands in the VM's memory, which the page walker's wasm and TypeScript share: a header, the architectural entries, and (see record.ts)
// the fast entries that emitted code looks at.
import { MMU_INDEXES, TLB_ENTRIES } from './record';

export const MmuIndex = { supervisor: 0, user: 1, smap: 2 } as const;
/** Bits of an entry's info. `large`: a fragment of a page of 2 MiB, with `huge` of 4 MiB or 1 GiB. */
export const TlbInfo = { valid: 1, writable: 2, dirty: 4, executable: 8, global: 16, user: 32, large: 64, huge: 128 } as const;
/** Bits of an entry's key byte beside the protection key in bits 3:0. */
export const TlbKey = {
  number: 15,
  /** The address is a user-mode one and CR4.PKE is set: PKRU's AD bit counts. */
  applies: 16,
  /** PKRU's WD bit counts too: user-mode access, or CR0.WP. */
  guardsWrites: 32,
} as const;

/** What an access is for. */
export const Want = { read: 0, write: 1, fetch: 2 } as const;
export type WantKind = (typeof Want)[keyof typeof Want];

/** An architectural entry: halves of the linear page, guest frame, then bytes of TlbInfo and TlbKey and a u16 PCID. */
export const ENTRY_STRIDE = 16;
export const Entry = { lo: 0, hi: 4, gfn: 8, info: 12, key: 13, pcid: 14 } as const;
export const ENTRIES_PER_VCPU = MMU_INDEXES * TLB_ENTRIES;
export const TLB_ENTRIES_BASE = 0xb0_0000;

/** Filled entries that are not global are listed: kernels flush them, and change PCIDs, often. */
export const LIST_LIMIT = 256;
export const TLB_HEADER_STRIDE = 0x1000;
export const TLB_HEADERS = 0xbc_0000;
/** u32 each, but the two lists. */
export const Header = {
  /** Address of the fast entries, and of the architectural ones. */
  fast: 0,
  entries: 4,
  /** Entries listed; not 0: there are more than the list has. */
  count: 8,
  overflowed: 12,
  pcid: 16,
  /** Breakpoints or watchpoints on data are set: TypeScript fills. */
  watching: 20,
  /** Fragments of 4 MiB or 1 GiB pages have been filled. */
  huge: 24,
  /** One byte for each value of bits 28:21 of an address: fragments of large pages have been filled there. */
  large: 0x40,
  /** u16 each: indexes of filled entries that are not global, and of some that are no more. */
  list: 0x200,
} as const;

/** One byte for each slot of pages that instructions may have come from (fetch-log.ts). */
export const FETCH_LOG = 0xbe_0000;
export const FETCH_LOG_PAGES = 0x2000;

/** One byte for each of the same slots: the debugger has stop points in a page there, and TypeScript sets its tags for fetching (run/stop-places.ts). */
export const STOP_PAGES = 0xbe_4000;

/** u32: header of the running vCPU's TLB. */
export const RUNNING_TLB = 0x3d8;
/** u32: walks of the page walker that succeeded. No part of a vCPU's state. */
export const WALKS = 0x3d4;
/** u32 each: the frame table entry of the PDPT and of the page directory that a walk came by last. No part of a vCPU's state: each walk reads its own. */
export const GUESSED_TABLES = 0x344;
/** Entries of the walk under way: each one's offset, and the frame table entry it is in. */
export const WALK_PATH = 0x3a0;

/** u64 each: values of CR3 (known-roots.ts). */
export const KNOWN_ROOTS = 0xbe_a000;
export const KNOWN_ROOTS_BITS = 9;

/** One byte for each 4 KiB of the VM's memory: not 0 where stores must be looked at. */
export const CODE_FRAMES = 0xc0_0000;
/** Why: it holds decoded code, or a line that MONITOR watches. */
export const Looked = { code: 1, monitored: 2 } as const;

/** u64 for each 4 KiB of the VM's memory: by bit, its 64-byte lines that hold decoded code. Behind decode/layout.ts. */
export const CODE_LINES = 0xeb_0000;

/** Pages of RAM that were written for the first time since a snapshot, and have not been told of yet: their numbers, u32 each, and their bytes as they were. */
export const WriteLogCell = {
  /** u32 each: how many there are; 1: all first writes go to TypeScript, for pages are at other guest frames than that of their number. */
  count: 0xbe_8000,
  closed: 0xbe_8004,
  pages: 0xbe_8008,
} as const;
export const WRITE_LOG_PAGES = 64;
/** Beside the number: the page was all zeroes, and no bytes are there. */
export const WRITE_LOG_BLANK = 0x8000_0000;
export const WRITE_LOG_COPIES = 0xd0_0000;

/** One byte for each 4 KiB of the VM's memory: not 0 where data may have been read since a snapshot. Noted whenever a fast tag may be set, which every page needs
 * after a snapshot has taken all away, and whenever TypeScript translates. */
export const USED_FRAMES = 0xdb_0000;
