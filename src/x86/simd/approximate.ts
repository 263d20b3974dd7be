// RCPPS, RSQRTPS (SDM vol 2): approximations with a relative error of at most 1.5 × 2^-12 that no MXCSR bit changes and that raise nothing.
//
// Which approximation is the processor's own. Here it is that of Intel's: the argument's first 11 fraction bits (RSQRT: 10, and whether its exponent is odd)
// choose a cell, and the result is the function at the cell's middle, rounded to 13 significant bits.
import { keepSource1, type Run, type VectorContext } from './context';

const SIGN = 0x8000_0000;
const INFINITY = 0x7f80_0000;
const QUIET = 0x40_0000;
const INDEFINITE = 0xffc0_0000;

/** 13 significant bits of a value in [0.5, 1], as a binary32 with a biased exponent that counts from there. */
function assemble(value: number, exponent: number): number {
  const significand = Math.round(value * 8192);
  return significand === 8192 ? (exponent + 1) << 23 : (exponent << 23) | ((significand - 4096) << 11);
}

function reciprocal(bits: number): number {
  const sign = bits & SIGN;
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0xff) return bits & 0x7f_ffff ? bits | QUIET : sign;
  if (exponent === 0) return sign | INFINITY;
  // A tiny result is zero.
  if (exponent >= 253) return sign;
  const cell = (bits >>> 12) & 0x7ff;
  return sign | assemble(1 / (1 + (cell + 0.5) / 2048), 253 - exponent);
}
function reciprocalRoot(bits: number): number {
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0xff && bits & 0x7f_ffff) return bits | QUIET;
  if (exponent === 0) return (bits & SIGN) | INFINITY;
  if (bits & SIGN) return INDEFINITE;
  if (exponent === 0xff) return 0;
  const cell = (bits >>> 13) & 0x3ff;
  // Biased exponents of even powers of two are odd.
  const even = exponent & 1;
  const argument = (even ? 1 : 2) * (1 + (cell + 0.5) / 1024);
  return assemble(1 / Math.sqrt(argument), 126 - ((exponent - (even ? 127 : 128)) >> 1));
}

const packed =
  (one: (bits: number) => number): Run =>
  (c: VectorContext) => {
    for (let at = 0; at < c.bytes; at += 4) c.view.setUint32(c.destination + at, one(c.view.getUint32(c.source2 + at, true)), true);
    return undefined;
  };
const scalar =
  (one: (bits: number) => number): Run =>
  (c: VectorContext) => {
    const result = one(c.view.getUint32(c.source2, true));
    keepSource1(c);
    c.view.setUint32(c.destination, result, true);
    return undefined;
  };

export const APPROXIMATE = {
  rcpps: packed(reciprocal),
  rcpss: scalar(reciprocal),
  rsqrtps: packed(reciprocalRoot),
  rsqrtss: scalar(reciprocalRoot),
} as const satisfies Record<string, Run>;
