// A fast 128-bit hash for digests: four 32-bit lanes, each word mixed into one of them as MurmurHash3 does (every step is a bijection), lanes mixed at the end. Not for secrets.

const PRIMES = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const STEP = 0xe6546b64;
/** As signed numbers. */
export const HASH_FACTORS = { first: C1 | 0, second: C2 | 0, step: STEP | 0 } as const;
export type HashLanes = [a: number, b: number, c: number, d: number];
const rotl = (value: number, count: number): number => (value << count) | (value >>> (32 - count));

/** One step of MurmurHash3_x86_32 (Austin Appleby, public domain). */
const mix = (lane: number, word: number): number => {
  const scrambled = Math.imul(rotl(Math.imul(word, C1), 15), C2);
  return (Math.imul(rotl(lane ^ scrambled, 13), 5) + STEP) | 0;
};

export class Hash128 {
  private a = 0x243f6a88;
  private b = 0x85a308d3;
  private c = 0x13198a2e;
  private d = 0x03707344;

  word(value: number): void {
    this.a = mix(this.a, value);
    this.stir();
  }

  /** What others go on with. */
  get lanes(): HashLanes {
    return [this.a, this.b, this.c, this.d];
  }
  set lanes([a, b, c, d]: HashLanes) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** `words` little-endian words starting at index `from`; a multiple of four. */
  words(data: Uint32Array | Int32Array, from: number, words: number): void {
    let { a, b, c, d } = this;
    for (let i = from, end = from + words; i < end; i += 4) {
      a = mix(a, data[i]!);
      b = mix(b, data[i + 1]!);
      c = mix(c, data[i + 2]!);
      d = mix(d, data[i + 3]!);
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.stir();
  }

  /** The length counts: no two lists of pieces collide by being joined. */
  bytes(data: Uint8Array): void {
    this.word(data.length);
    const padded = new Uint8Array(Math.ceil(data.length / 16) * 16);
    padded.set(data);
    const view = new DataView(padded.buffer);
    const words = new Uint32Array(padded.length / 4);
    for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, true);
    this.words(words, 0, words.length);
  }

  private stir(): void {
    this.a = (this.a + rotl(this.b, 7)) | 0;
    this.b = (this.b + rotl(this.c, 11)) | 0;
    this.c = (this.c + rotl(this.d, 17)) | 0;
    this.d = (this.d + rotl(this.a, 23)) | 0;
  }

  hex(): string {
    const copy = Object.assign(new Hash128(), this);
    for (let round = 0; round < 4; round++) {
      copy.stir();
      copy.a = Math.imul(copy.a ^ (copy.a >>> 15), PRIMES[1]);
      copy.b = Math.imul(copy.b ^ (copy.b >>> 13), PRIMES[2]);
      copy.c = Math.imul(copy.c ^ (copy.c >>> 16), PRIMES[3]);
      copy.d = Math.imul(copy.d ^ (copy.d >>> 14), PRIMES[0]);
    }
    return [copy.a, copy.b, copy.c, copy.d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
