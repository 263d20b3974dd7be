// Where instructions may have come from since a snapshot, so that stretches of a run in which a breakpoint cannot have been met are not gone through again.
// Linear pages are noted whenever a fast tag for fetching is set, which every page needs after a snapshot has taken all away. Where there is little code, its
// decoded blocks are led to by nothing then, either: each is looked up before it runs again, and noted by its place in the page (a compiled region by all its
// blocks). What has run is always noted; other places may seem to have.
import { PAGE_SIZE } from '../x86/layout';
import { FETCH_LOG, FETCH_LOG_PAGES } from './tlb-layout';

const PIECE_BITS = 4;
const PIECES = PAGE_SIZE >> PIECE_BITS;
/** Behind the pages: pieces of a page, and whether code may have run without being noted among them. */
const PIECES_AT = FETCH_LOG_PAGES;
const OLDER_AT = PIECES_AT + PIECES;

/** Of the page, by halves of an address. */
export const fetchLogSlot = (lo: number, hi: number): number => ((lo >>> 12) ^ hi) & (FETCH_LOG_PAGES - 1);

export class FetchLog {
  private readonly pages: Uint8Array;
  private readonly pieces = new Uint8Array(PIECES);
  private older = true;

  constructor(memory: Uint8Array) {
    this.pages = memory.subarray(FETCH_LOG, FETCH_LOG + FETCH_LOG_PAGES);
  }

  /** `older`: code that is decoded may run without being looked up. */
  begin(older: boolean): void {
    this.pages.fill(0);
    this.pieces.fill(0);
    this.older = older;
  }

  /** From here on code may run without being looked up. */
  ranAnything(): void {
    this.older = true;
  }

  fetched(lo: number, hi: number): void {
    this.pages[fetchLogSlot(lo, hi)] = 1;
  }

  ran(offset: number, bytes: number): void {
    const last = (offset + bytes - 1) >>> PIECE_BITS;
    for (let piece = offset >>> PIECE_BITS; piece <= last; piece++) this.pieces[piece & (PIECES - 1)] = 1;
  }

  /** One byte for each thing noted: two logs joined by "or" are that of both stretches. */
  copy(): Uint8Array {
    const log = new Uint8Array(OLDER_AT + 1);
    log.set(this.pages);
    log.set(this.pieces, PIECES_AT);
    log[OLDER_AT] = this.older ? 1 : 0;
    return log;
  }
}

/** Whether an instruction at this address may have run. */
export function mayHaveFetched(log: Uint8Array, linear: bigint): boolean {
  const lo = Number(BigInt.asIntN(32, linear));
  const hi = Number(BigInt.asIntN(32, linear >> 32n));
  return log[fetchLogSlot(lo, hi)] !== 0 && mayHaveRunAtOffset(log, lo & (PAGE_SIZE - 1));
}

/** Whether an instruction at this place of any page may have run. */
export const mayHaveRunAtOffset = (log: Uint8Array, address: number): boolean =>
  log[OLDER_AT] !== 0 || log[PIECES_AT + ((address % PAGE_SIZE) >>> PIECE_BITS)] !== 0;
