// SHA-256 (FIPS 180-4), for naming files: in the core there is no library for it.

/** The first 32 bits of the fractional parts of roots of primes, as the standard derives them. */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const values = new Uint32Array(count);
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate && prime; divisor++) prime = candidate % divisor !== 0;
    if (prime) values[found++] = (root(candidate) % 1) * 2 ** 32;
  }
  return values;
}

const BLOCK = 64;
const rotr = (value: number, count: number): number => (value >>> count) | (value << (32 - count));

/** Lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  const k = fractions(64, Math.cbrt);
  const state = fractions(8, Math.sqrt);
  const words = new Uint32Array(64);
  const rest = bytes.length % BLOCK;
  const tail = new Uint8Array(rest < 56 ? BLOCK : 2 * BLOCK);
  tail.set(bytes.subarray(bytes.length - rest));
  tail[rest] = 0x80;
  const lengths = new DataView(tail.buffer);
  lengths.setUint32(tail.length - 8, Math.floor(bytes.length / 2 ** 29));
  lengths.setUint32(tail.length - 4, (bytes.length * 8) % 2 ** 32);
  for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) mix(state, words, k, bytes, at);
  for (let at = 0; at < tail.length; at += BLOCK) mix(state, words, k, tail, at);
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function mix(state: Uint32Array, w: Uint32Array, k: Uint32Array, bytes: Uint8Array, from: number): void {
  for (let t = 0; t < 16; t++) {
    const at = from + t * 4;
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const a = w[t - 15]!;
    const b = w[t - 2]!;
    w[t] = (rotr(b, 17) ^ rotr(b, 19) ^ (b >>> 10)) + w[t - 7]! + (rotr(a, 7) ^ rotr(a, 18) ^ (a >>> 3)) + w[t - 16]!;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const t1 = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[t]! + w[t]!) | 0;
    const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [i, value] of [a, b, c, d, e, f, g, h].entries()) state[i]! += value;
}
