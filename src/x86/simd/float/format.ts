// Formats of IEEE 754 numbers, and the environment that an operation runs in: MXCSR and the exceptions raised (SDM vol 1, 4.8, 10.2.3).

export interface Format {
  bits: number;
  /** Fraction bits. */
  fraction: number;
  bias: number;
}
export const BINARY32: Format = { bits: 32, fraction: 23, bias: 127 };
export const BINARY64: Format = { bits: 64, fraction: 52, bias: 1023 };

export const Mx = { IE: 1, DE: 2, ZE: 4, OE: 8, UE: 0x10, PE: 0x20, DAZ: 0x40, RC: 0x6000, FZ: 0x8000 } as const;

/** One operation's environment: MXCSR and the flags that it raises. */
export class FloatEnvironment {
  raised = 0;
  constructor(readonly mxcsr: number) {}
  get roundMode(): number {
    return (this.mxcsr >> 13) & 3;
  }
}

export const fractionMask = (f: Format): bigint => (1n << BigInt(f.fraction)) - 1n;
export const exponentMax = (f: Format): number => 2 * f.bias + 1;
export const quietNaN = (f: Format): bigint =>
  (((1n << BigInt(f.bits - f.fraction)) - 1n) << BigInt(f.fraction - 1)) & ~(1n << BigInt(f.bits - 1));
export const signBit = (f: Format): bigint => 1n << BigInt(f.bits - 1);

export function bitLength(value: bigint): number {
  let length = 0;
  let rest = value;
  for (; rest >> 64n; rest >>= 64n) length += 64;
  const high = Number(rest >> 32n);
  return length + (high ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(rest & 0xffff_ffffn)));
}

/** Runs one lane: what it raises is added to what other lanes raised, and takes nothing of theirs back. */
export function lane<T>(env: FloatEnvironment, body: () => T): T {
  const before = env.raised;
  env.raised = 0;
  const result = body();
  env.raised |= before;
  return result;
}
