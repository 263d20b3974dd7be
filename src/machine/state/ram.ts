// Guest RAM in snapshots and digests: page by page, pages of zeroes left out.
import { assert } from '../../base/assert';
import { isZero } from '../../base/is-zero';
import type { SavedValue } from '../../base/saved';
import { PAGE_SIZE, RAM_BASE } from '../../x86/layout';
import type { Hash128 } from './hash';
import { pageHasher } from './page-hasher';

const WORDS = PAGE_SIZE / 4;

/** Calls `visit` with the number of each RAM page that is not all zeroes, in order. */
function pagesInUse(words: Uint32Array, visit: (page: number) => void): void {
  const pages = words.length / WORDS;
  for (let page = 0; page < pages; page++) if (!isZero(words, page * WORDS, WORDS)) visit(page);
}

const ramWords = (buffer: ArrayBufferLike, ramSize: number): Uint32Array => new Uint32Array(buffer, RAM_BASE, ramSize / 4);

/** Each page that is not all zeroes by its number (Hash128.word) and its words. */
export function hashRam(hash: Hash128, memory: WebAssembly.Memory, ramSize: number): void {
  const pages = ramSize / PAGE_SIZE;
  hash.word(pages);
  hash.lanes = pageHasher(memory)(pages, ...hash.lanes);
}

export function saveRam(buffer: ArrayBufferLike, ramSize: number): SavedValue {
  const words = ramWords(buffer, ramSize);
  const used: number[] = [];
  pagesInUse(words, (page) => used.push(page));
  const numbers = new Uint8Array(used.length * 4);
  const data = new Uint8Array(used.length * PAGE_SIZE);
  const ram = new Uint8Array(buffer, RAM_BASE, ramSize);
  const view = new DataView(numbers.buffer);
  for (const [i, page] of used.entries()) {
    view.setUint32(i * 4, page, true);
    data.set(ram.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), i * PAGE_SIZE);
  }
  return { ramSize, pages: numbers, data };
}

/** Decoded code must be forgotten by the caller. */
export function restoreRam(buffer: ArrayBufferLike, ramSize: number, saved: SavedValue): void {
  const from = saved as { ramSize: number; pages: Uint8Array; data: Uint8Array };
  assert(from.ramSize === ramSize, `a snapshot of ${from.ramSize} bytes of RAM for a VM of ${ramSize}`);
  const ram = new Uint8Array(buffer, RAM_BASE, ramSize);
  ram.fill(0);
  const numbers = new DataView(from.pages.buffer, from.pages.byteOffset, from.pages.byteLength);
  for (let i = 0; i < from.pages.length / 4; i++) {
    ram.set(from.data.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE), numbers.getUint32(i * 4, true) * PAGE_SIZE);
  }
}
