// AES rounds (FIPS 197; SDM vol 2 "AESENC" and the like): the state is 16 bytes, column by column.
import type { Run, VectorContext } from './context';

/** Multiplies by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
const timesX = (a: number): number => ((a << 1) ^ (a & 0x80 ? 0x11b : 0)) & 0xff;
function times(a: number, b: number): number {
  let product = 0;
  for (let x = a, bits = b; bits; bits >>= 1, x = timesX(x)) if (bits & 1) product ^= x;
  return product;
}

/** Powers of x + 1, which are all but 0: the inverse of one is the power whose exponent is the rest to 255. */
const POWERS = new Uint8Array(255);
for (let exponent = 0, power = 1; exponent < 255; exponent++, power = times(power, 3)) POWERS[exponent] = power;
const INVERSES = new Uint8Array(256);
POWERS.forEach((value, exponent) => {
  INVERSES[value] = POWERS[(255 - exponent) % 255]!;
});

/** S-box: multiplicative inverse, then the affine transformation (FIPS 197, 5.1.1). */
const SBOX = INVERSES.map((inverse) => {
  const rotated = (by: number): number => ((inverse << by) | (inverse >> (8 - by))) & 0xff;
  return inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
});
const INVERSE_SBOX = new Uint8Array(256);
SBOX.forEach((to, from) => {
  INVERSE_SBOX[to] = from;
});
const multiples = (by: number): Uint8Array => Uint8Array.from({ length: 256 }, (_, a) => times(a, by));
const BY = { 2: multiples(2), 3: multiples(3), 9: multiples(9), 11: multiples(11), 13: multiples(13), 14: multiples(14) } as const;

/** ShiftRows: where byte i of the state comes from; its row is i mod 4. */
const SHIFTED = Array.from({ length: 16 }, (_, i) => (i + (i % 4) * 4) % 16);
const SHIFTED_BACK = Array.from({ length: 16 }, (_, i) => (i + 16 - (i % 4) * 4) % 16);

function mixColumns(
  state: Uint8Array,
  factors: readonly [Uint8Array | undefined, Uint8Array, Uint8Array | undefined, Uint8Array | undefined],
): Uint8Array {
  const by = (table: Uint8Array | undefined, value: number): number => (table ? table[value]! : value);
  return state.map((_, i) => {
    const column = i & ~3;
    const at = (row: number): number => state[column + ((i + row) & 3)]!;
    return by(factors[0], at(0)) ^ by(factors[1], at(1)) ^ by(factors[2], at(2)) ^ by(factors[3], at(3));
  });
}
const FORWARD = [BY[2], BY[3], undefined, undefined] as const;
const INVERSE = [BY[14], BY[11], BY[13], BY[9]] as const;

const bytesAt = ({ view }: VectorContext, at: number): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + at, 16).slice();
const put = ({ view }: VectorContext, at: number, bytes: Uint8Array): void =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes, at);

/** A round on each 128 bits of source 1, with the round key in source 2. */
const round =
  (step: (state: Uint8Array) => Uint8Array): Run =>
  (c) => {
    for (let at = 0; at < c.bytes; at += 16) {
      const key = bytesAt(c, c.source2 + at);
      const state = step(bytesAt(c, c.source1 + at));
      put(
        c,
        c.destination + at,
        state.map((byte, i) => byte ^ key[i]!),
      );
    }
    return undefined;
  };
const shiftAndSubstitute = (state: Uint8Array): Uint8Array => state.map((_, i) => SBOX[state[SHIFTED[i]!]!]!);
const unshiftAndSubstitute = (state: Uint8Array): Uint8Array => state.map((_, i) => INVERSE_SBOX[state[SHIFTED_BACK[i]!]!]!);

/** InvMixColumns of the source. */
const inverseMix: Run = (c) => {
  put(c, c.destination, mixColumns(bytesAt(c, c.source2), INVERSE));
  return undefined;
};
/** Words 1 and 3 of the source substituted, and also rotated and xored with the round constant. */
const keyAssist: Run = (c) => {
  const from = bytesAt(c, c.source2).map((byte) => SBOX[byte]!);
  const to = new Uint8Array(16);
  for (const half of [0, 8])
    for (let i = 0; i < 4; i++) {
      to[half + i] = from[half + 4 + i]!;
      to[half + 4 + i] = from[half + 4 + ((i + 1) & 3)]! ^ (i === 0 ? c.immediate & 0xff : 0);
    }
  put(c, c.destination, to);
  return undefined;
};

export const AES = {
  aesenc: round((state) => mixColumns(shiftAndSubstitute(state), FORWARD)),
  aesenclast: round(shiftAndSubstitute),
  aesdec: round((state) => mixColumns(unshiftAndSubstitute(state), INVERSE)),
  aesdeclast: round(unshiftAndSubstitute),
  aesimc: inverseMix,
  aeskeygenassist: keyAssist,
} as const satisfies Record<string, Run>;
