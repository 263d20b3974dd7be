// SHA-1 and SHA-256 steps (FIPS 180-4; SDM vol 2 "SHA1RNDS4", "SHA256RNDS2" and the like). Words are numbered from the low end of the register.
import type { Run, VectorContext } from './context';

const words = (c: VectorContext, at: number): [number, number, number, number] => [
  c.view.getUint32(at, true),
  c.view.getUint32(at + 4, true),
  c.view.getUint32(at + 8, true),
  c.view.getUint32(at + 12, true),
];
function put(c: VectorContext, values: readonly number[]): undefined {
  values.forEach((value, i) => {
    c.view.setUint32(c.destination + i * 4, value, true);
  });
  return undefined;
}
const rotateLeft = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const rotateRight = (x: number, by: number): number => (x >>> by) | (x << (32 - by));
const choose = (x: number, y: number, z: number): number => (x & y) ^ (~x & z);
const parity = (x: number, y: number, z: number): number => x ^ y ^ z;
const majority = (x: number, y: number, z: number): number => (x & y) ^ (x & z) ^ (y & z);

const SHA1_STEPS = [
  { f: choose, k: 0x5a827999 },
  { f: parity, k: 0x6ed9eba1 },
  { f: majority, k: 0x8f1bbcdc },
  { f: parity, k: 0xca62c1d6 },
] as const;

/** Four rounds; E of the first is in the words already. */
const sha1Rounds: Run = (c) => {
  let [d, cc, b, a] = words(c, c.source1);
  const w = words(c, c.source2);
  const { f, k } = SHA1_STEPS[(c.immediate & 3) as 0 | 1 | 2 | 3];
  let e = 0;
  for (let i = 3; i >= 0; i--) {
    const next = (f(b, cc, d) + rotateLeft(a, 5) + w[i as 0 | 1 | 2 | 3] + e + k) | 0;
    e = d;
    d = cc;
    cc = rotateLeft(b, 30);
    b = a;
    a = next;
  }
  return put(c, [d, cc, b, a]);
};
const sha1NextE: Run = (c) => {
  const [w0, w1, w2, w3] = words(c, c.source2);
  return put(c, [w0, w1, w2, (w3 + rotateLeft(words(c, c.source1)[3], 30)) | 0]);
};
const sha1Message1: Run = (c) => {
  const [w3, w2, w1, w0] = words(c, c.source1);
  const [, , w5, w4] = words(c, c.source2);
  return put(c, [w5 ^ w3, w4 ^ w2, w3 ^ w1, w2 ^ w0]);
};
const sha1Message2: Run = (c) => {
  const [a0, a1, a2, a3] = words(c, c.source1);
  const [w15, w14, w13] = words(c, c.source2);
  const w16 = rotateLeft(a3 ^ w13, 1);
  return put(c, [rotateLeft(a0 ^ w16, 1), rotateLeft(a1 ^ w15, 1), rotateLeft(a2 ^ w14, 1), w16]);
};

/** Two rounds: source 1 has C D G H, source 2 A B E F from the high end; the sums of W and K are in XMM0, which the immediate names. */
const sha256Rounds: Run = (c) => {
  let [h, g, d, cc] = words(c, c.source1);
  let [f, e, b, a] = words(c, c.source2);
  for (let i = 0; i < 2; i++) {
    const wk = c.view.getUint32(c.immediate + i * 4, true);
    const sigma1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
    const sigma0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
    const t = (choose(e, f, g) + sigma1 + wk + h) | 0;
    const next = (t + majority(a, b, cc) + sigma0) | 0;
    [h, g, f, e, d, cc, b, a] = [g, f, e, (t + d) | 0, cc, b, a, next];
  }
  return put(c, [f, e, b, a]);
};
const small0 = (x: number): number => rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
const small1 = (x: number): number => rotateRight(x, 17) ^ rotateRight(x, 19) ^ (x >>> 10);
const sha256Message1: Run = (c) => {
  const [w0, w1, w2, w3] = words(c, c.source1);
  const [w4] = words(c, c.source2);
  return put(c, [w0 + small0(w1), w1 + small0(w2), w2 + small0(w3), w3 + small0(w4)]);
};
const sha256Message2: Run = (c) => {
  const [a0, a1, a2, a3] = words(c, c.source1);
  const [, , w14, w15] = words(c, c.source2);
  const w16 = a0 + small1(w14);
  const w17 = a1 + small1(w15);
  return put(c, [w16, w17, a2 + small1(w16), a3 + small1(w17)]);
};

export const SHA = {
  sha1rnds4: sha1Rounds,
  sha1nexte: sha1NextE,
  sha1msg1: sha1Message1,
  sha1msg2: sha1Message2,
  sha256rnds2: sha256Rounds,
  sha256msg1: sha256Message1,
  sha256msg2: sha256Message2,
} as const satisfies Record<string, Run>;
