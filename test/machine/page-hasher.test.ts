// RAM is hashed in WebAssembly as Hash128 does it word by word, pages of zeroes left out.
import assert from 'node:assert/strict';
import { Hash128 } from '../../src/machine/state/hash';
import { hashRam } from '../../src/machine/state/ram';
import { PAGE_SIZE, RAM_BASE } from '../../src/x86/layout';

const PAGES = 16;
const WORDS = PAGE_SIZE / 4;

function memoryWith(shared: boolean, fill: (words: Uint32Array) => void): WebAssembly.Memory {
  const pages = (RAM_BASE + PAGES * PAGE_SIZE) / 0x1_0000;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  fill(new Uint32Array(memory.buffer, RAM_BASE, PAGES * WORDS));
  return memory;
}

function expected(words: Uint32Array): string {
  const hash = new Hash128();
  hash.bytes(Uint8Array.of(1, 2, 3));
  hash.word(PAGES);
  for (let page = 0; page < PAGES; page++) {
    if (words.subarray(page * WORDS, (page + 1) * WORDS).every((word) => word === 0)) continue;
    hash.word(page);
    hash.words(words, page * WORDS, WORDS);
  }
  return hash.hex();
}

describe('machine: RAM is hashed', () => {
  const fills: Record<string, (words: Uint32Array) => void> = {
    'all zeroes': () => {},
    'the first and the last word of pages': (words) => {
      for (const at of [0, WORDS * 3 - 1, WORDS * 7 + 17, PAGES * WORDS - 1]) words[at] = 0x8000_0001;
    },
    'every word of every other page': (words) => {
      for (let i = 0; i < words.length; i++) if ((i / WORDS) & 1) words[i] = Math.imul(i + 1, 0x9e37_79b1);
    },
  };
  for (const [name, fill] of Object.entries(fills))
    for (const shared of [false, true])
      it(`${name}${shared ? ', shared' : ''}`, () => {
        const memory = memoryWith(shared, fill);
        const hash = new Hash128();
        hash.bytes(Uint8Array.of(1, 2, 3));
        hashRam(hash, memory, PAGES * PAGE_SIZE);
        assert.equal(hash.hex(), expected(new Uint32Array(memory.buffer, RAM_BASE, PAGES * WORDS)));
      });
});
