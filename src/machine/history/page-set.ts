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

  /** Keeps a copy of the page as it is in `ram`. */
  add(page: number, ram: Uint32Array): void {
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
      if (this.places.has(page)) continue;
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
