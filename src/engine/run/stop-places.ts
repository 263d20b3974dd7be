// Where decoded code gets a record that stops before an instruction: exactly where a stop point of the debugger lies, whichever linear page leads there.
//
// Code is decoded by its place in memory, stop points are linear addresses. So a linear page with stop points is closed for fetching until a vCPU fetches from
// it: no fast tag for fetching is set, and the fetch comes through TypeScript. It is noted then which frame the page leads to, code of that frame is decoded
// again with records for the page's stop points, and the tag may be set. Whatever leads elsewhere later (other tables, another address space) has no tag yet.
// Stop points at guest-physical addresses lie where the frame table says.
import { FrameKind, PAGE_SIZE } from '../../x86/layout';
import { BlockCell } from '../decode/layout';
import { fetchLogSlot } from '../fetch-log';
import { FETCH_LOG_PAGES, STOP_PAGES } from '../tlb-layout';
import type { EngineMemory } from '../vm-memory';

/** A page that a vCPU fetches from now: halves of its linear address, its offset in memory. */
export type FetchedPage = readonly [lo: number, hi: number, offset: number];

export interface StopPlacesPorts {
  /** What vCPUs fetch from without looking at a tag. */
  fetchedPages(): Iterable<FetchedPage>;
  /** Tags for fetching that `isOpen` refuses are to go. */
  close(): void;
  /** Code of a frame is decoded again. */
  forgetCode(frame: number): void;
}

/** Linear pages and the frames they led to; more are forgotten, and found out again. */
const MOST_FOUND = 0x4000;

const TWO_20 = 0x10_0000;
/** Of a linear page. */
const numberOf = (lo: number, hi: number): number => (hi >>> 0) * TWO_20 + (lo >>> 12);

type Sets = Map<number, Set<number>>;

export class StopPlaces {
  /** Offsets in their page of the stop points, by linear page and by guest frame. */
  private linear: Sets = new Map();
  private physical: Sets = new Map();
  /** The latter by frame of this memory. */
  private placed: Sets = new Map();
  /** By frame of this memory: linear pages with stop points that have led there. */
  private readonly found: Sets = new Map();
  private foundCount = 0;
  /** By frame of this memory: offsets with a record. */
  private covered: Sets = new Map();

  constructor(
    private readonly memory: EngineMemory,
    private readonly ports: StopPlacesPorts,
  ) {}

  /** Code that should have other records than it has is forgotten; all other code stays. */
  set(linear: readonly bigint[], physical: readonly number[]): void {
    this.linear = new Map();
    this.physical = new Map();
    for (const at of linear) add(this.linear, Number(BigInt.asUintN(64, at) >> 12n), Number(at & 4095n));
    for (const gpa of physical) add(this.physical, Math.floor(gpa / PAGE_SIZE), gpa % PAGE_SIZE);
    const slots = this.memory.u8.subarray(STOP_PAGES, STOP_PAGES + FETCH_LOG_PAGES);
    slots.fill(0);
    for (const page of this.linear.keys()) slots[fetchLogSlot((page % TWO_20) << 12, Math.floor(page / TWO_20))] = 1;
    for (const [frame, pages] of this.found) {
      for (const page of pages) if (!this.linear.has(page)) pages.delete(page);
      if (pages.size === 0) this.found.delete(frame);
    }
    this.update();
  }

  /** May code be fetched from a linear page that leads to this offset in memory without a look at it? */
  isOpen(lo: number, hi: number, offset: number): boolean {
    if (this.linear.size === 0) return true;
    const page = numberOf(lo, hi);
    return !this.linear.has(page) || this.found.get(offset >>> 12)?.has(page) === true;
  }
  /** The running vCPU is about to fetch from a page. */
  fetched(lo: number, hi: number, offset: number): void {
    if (this.isOpen(lo, hi, offset)) return;
    if (this.foundCount >= MOST_FOUND) {
      this.found.clear();
      this.update();
    }
    this.note(lo, hi, offset);
    this.foundCount++;
    this.cover(offset >>> 12);
  }
  /** A guest frame is elsewhere. */
  frameChanged(gfn: number): void {
    if (this.physical.has(gfn)) this.update();
  }
  /** Has an instruction at this offset in memory a record? */
  mayLieAt(offset: number): boolean {
    return this.covered.size !== 0 && this.covered.get(offset >>> 12)?.has(offset & 4095) === true;
  }
  /** Has any in its page? */
  mayLieInPageOf(offset: number): boolean {
    return this.covered.size !== 0 && this.covered.has(offset >>> 12);
  }

  private note(lo: number, hi: number, offset: number): void {
    const page = numberOf(lo, hi);
    if (this.linear.has(page)) add(this.found, offset >>> 12, page);
  }
  private update(): void {
    this.placed = this.physicalFrames();
    for (const [lo, hi, offset] of this.ports.fetchedPages()) this.note(lo, hi, offset);
    this.foundCount = 0;
    for (const pages of this.found.values()) this.foundCount += pages.size;
    for (const frame of new Set([...this.covered.keys(), ...this.found.keys(), ...this.placed.keys()])) this.cover(frame);
    this.ports.close();
  }

  private physicalFrames(): Sets {
    const frames: Sets = new Map();
    for (const [gfn, offsets] of this.physical) {
      const entry = this.memory.frame(gfn);
      if (entry & FrameKind.ram) for (const offset of offsets) add(frames, entry >>> 12, offset);
    }
    return frames;
  }
  /** Code of the frame gets the records that it should have. */
  private cover(frame: number): void {
    const wanted = new Set(this.placed.get(frame));
    for (const page of this.found.get(frame) ?? []) for (const offset of this.linear.get(page)!) wanted.add(offset);
    const had = this.covered.get(frame);
    if (wanted.size === (had?.size ?? 0) && [...wanted].every((offset) => had!.has(offset))) return;
    if (wanted.size === 0) this.covered.delete(frame);
    else this.covered.set(frame, wanted);
    this.memory.u32[BlockCell.stops >> 2] = this.covered.size;
    this.ports.forgetCode(frame);
  }
}

function add(sets: Sets, key: number, value: number): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
