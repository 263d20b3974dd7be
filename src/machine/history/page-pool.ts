// Room for copies of RAM pages, given back and used again: new memory costs the processor more than what is copied into it (the system clears it at its first use).
// Shared memory, where the guest's is, too: JavaScript engines count the other kind, and collect all garbage the more often.
import { assert } from '../../base/assert';
import { PAGE_SIZE } from '../../x86/layout';

const SLAB_PAGES = 256;
const PAGE_WORDS = PAGE_SIZE / 4;

export class PagePool {
  private readonly slabs: Uint32Array[] = [];
  /** Places given back, and how many have been taken from the slabs at all. */
  private readonly free: number[] = [];
  private taken = 0;
  /** How often something was put into a set: as long as it stays, none has grown. */
  growth = 0;

  constructor(private readonly shared: boolean) {}

  /** Pages that are held. */
  get used(): number {
    return this.taken - this.free.length;
  }

  /** Keeps the page that begins at an index of `words`; its place. */
  keep(words: Uint32Array, at: number): number {
    const place = this.free.pop() ?? this.taken++;
    const slab = Math.floor(place / SLAB_PAGES);
    if (slab === this.slabs.length) this.slabs.push(this.slab());
    this.slabs[slab]!.set(words.subarray(at, at + PAGE_WORDS), (place % SLAB_PAGES) * PAGE_WORDS);
    return place;
  }

  private slab(): Uint32Array {
    const bytes = SLAB_PAGES * PAGE_SIZE;
    return new Uint32Array(this.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  }

  /** Good until the place is given back. */
  at(place: number): Uint8Array {
    const slab = this.slabs[Math.floor(place / SLAB_PAGES)];
    assert(slab !== undefined, `page ${place} is held`);
    return new Uint8Array(slab.buffer, (place % SLAB_PAGES) * PAGE_SIZE, PAGE_SIZE);
  }

  release(place: number): void {
    this.free.push(place);
  }
}
