// Copies of RAM pages by number, in slabs. Pages of zeroes take no room.
import { PAGE_SIZE } from '../../x86/layout';

const SLAB_PAGES = 64;
const WORDS = PAGE_SIZE / 4;
/** A map's entry, roughly. */
export const ENTRY_BYTES = 40;
const ZEROES = -1;

export class PageSet {
  private readonly places = new Map<number, number>();
  private slabs: Uint8Array[] = [];
  private copied = 0;
  /** Changed by page walks alone: only accessed and dirty bits of entries. */
  private readonly walked = new Set<number>();

  /** Bytes that this takes. */
  get bytes(): number {
    return this.slabs.length * SLAB_PAGES * PAGE_SIZE + this.places.size * ENTRY_BYTES;
  }
  get size(): number {
    return this.places.size;
  }
  has(page: number): boolean {
    return this.places.has(page);
  }

  /** Changed, and not by page walks alone. */
  isWritten(page: number): boolean {
    return this.places.has(page) && !this.walked.has(page);
  }

  /** Keeps a copy of the page as it is in `ram`, unless there is one. */
  add(page: number, by: 'walk' | 'write', ram: Uint32Array): void {
    if (by === 'walk') this.walked.add(page);
    else if (this.walked.delete(page)) return;
    const words = ram.subarray(page * WORDS, (page + 1) * WORDS);
    if (isZero(words)) this.places.set(page, ZEROES);
    else this.keep(page, new Uint8Array(words.buffer, words.byteOffset, PAGE_SIZE));
  }

  private keep(page: number, bytes: Uint8Array): void {
    const place = this.copied++;
    if (place >= this.slabs.length * SLAB_PAGES) this.slabs.push(new Uint8Array(SLAB_PAGES * PAGE_SIZE));
    this.slabs[Math.floor(place / SLAB_PAGES)]!.set(bytes, (place % SLAB_PAGES) * PAGE_SIZE);
    this.places.set(page, place);
  }

  /** undefined: zeroes. */
  get(page: number): Uint8Array | undefined {
    const place = this.places.get(page) ?? ZEROES;
    if (place === ZEROES) return undefined;
    const at = (place % SLAB_PAGES) * PAGE_SIZE;
    return this.slabs[Math.floor(place / SLAB_PAGES)]!.subarray(at, at + PAGE_SIZE);
  }

  pages(): IterableIterator<number> {
    return this.places.keys();
  }

  /** Takes in the pages of a later set that are not here. */
  merge(later: PageSet): void {
    for (const page of later.pages()) {
      const walked = later.walked.has(page);
      if (this.places.has(page)) {
        if (!walked) this.walked.delete(page);
        continue;
      }
      if (walked) this.walked.add(page);
      const bytes = later.get(page);
      if (bytes === undefined) this.places.set(page, ZEROES);
      else this.keep(page, bytes);
    }
  }
}

function isZero(words: Uint32Array): boolean {
  for (let i = 0; i < words.length; i += 4) if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) !== 0) return false;
  return true;
}
