// Copies of RAM pages by number, in a pool that all sets of a recording share. Pages of zeroes take no room.
import { assert } from '../../base/assert';
import { isZero } from '../../base/is-zero';
import { PAGE_SIZE } from '../../x86/layout';
import type { PagePool } from './page-pool';

const WORDS = PAGE_SIZE / 4;
/** A map's entry, roughly. */
export const ENTRY_BYTES = 40;
const ZEROES = -1;

export class PageSet {
  private readonly byPage = new Map<number, number>();
  /** Pages and places by turns that are to be put there, once somebody looks. */
  private fresh: number[] = [];
  /** Places that are not ZEROES. */
  private copied = 0;
  /** Changed by page walks alone: only accessed and dirty bits of entries. */
  private readonly walked = new Set<number>();
  private released = false;

  constructor(private readonly pool: PagePool) {}

  private get places(): Map<number, number> {
    const { fresh } = this;
    for (let i = 0; i < fresh.length; i += 2) this.byPage.set(fresh[i]!, fresh[i + 1]!);
    if (fresh.length > 0) this.fresh = [];
    return this.byPage;
  }

  /** Bytes that this takes. */
  get bytes(): number {
    return this.copied * PAGE_SIZE + (this.byPage.size + this.fresh.length / 2) * ENTRY_BYTES;
  }
  has(page: number): boolean {
    return this.places.has(page);
  }

  /** Changed, and not by page walks alone. */
  isWritten(page: number): boolean {
    return this.places.has(page) && !this.walked.has(page);
  }

  /** Keeps a copy of the page, whose words begin at an index of `words` (undefined: it is all zeroes), unless there is one. */
  add(page: number, by: 'walk' | 'write', words: Uint32Array, at: number | undefined): void {
    if (this.released) return;
    if (by === 'walk') this.walked.add(page);
    else if (this.walked.size > 0 && this.walked.delete(page)) return;
    this.put(page, at === undefined || isZero(words, at, WORDS) ? ZEROES : this.pool.keep(words, at));
  }

  private put(page: number, place: number): void {
    this.fresh.push(page, place);
    if (place !== ZEROES) this.copied++;
  }

  /** undefined: zeroes. */
  get(page: number): Uint8Array | undefined {
    const place = this.places.get(page) ?? ZEROES;
    return place === ZEROES ? undefined : this.pool.at(place);
  }

  pages(): IterableIterator<number> {
    return this.places.keys();
  }

  /** Takes over the pages of a later set that are not here; that set is released. */
  merge(later: PageSet): void {
    assert(later.pool === this.pool && !later.released, 'sets of one recording');
    for (const [page, place] of later.places) {
      const walked = later.walked.has(page);
      if (this.places.has(page)) {
        if (!walked) this.walked.delete(page);
        continue;
      }
      if (walked) this.walked.add(page);
      this.put(page, place);
      later.places.set(page, ZEROES);
    }
    later.release();
  }

  /** Nothing is kept here any more. */
  release(): void {
    for (const place of this.places.values()) if (place !== ZEROES) this.pool.release(place);
    this.places.clear();
    this.walked.clear();
    this.copied = 0;
    this.released = true;
  }
}
