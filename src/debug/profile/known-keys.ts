// A table by keys of samples. A key is looked for by a hash of its words and compared word by word: what is found is what was put there.

interface Entry<T> {
  readonly words: Uint32Array;
  readonly value: T;
  readonly next: Entry<T> | undefined;
}

/** FNV-1a over words, with its bits mixed (MurmurHash3's end). */
function hashOf(words: Uint32Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x0100_0193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export class KnownKeys<T> {
  private readonly entries = new Map<number, Entry<T>>();
  private count = 0;

  constructor(private readonly most: number) {}

  clear(): void {
    this.entries.clear();
    this.count = 0;
  }

  get(words: Uint32Array): T | undefined {
    let entry = this.entries.get(hashOf(words));
    while (entry !== undefined && !isSame(entry.words, words)) entry = entry.next;
    return entry?.value;
  }

  /** Of a key that is not there. The words are kept. */
  add(words: Uint32Array, value: T): void {
    if (this.count >= this.most) this.clear();
    this.count++;
    const hash = hashOf(words);
    this.entries.set(hash, { words, value, next: this.entries.get(hash) });
  }
}
