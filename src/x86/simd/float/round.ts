// Rounding into a format by MXCSR.RC, with overflow, underflow and FTZ (SDM vol 1, 4.8.4, 4.9.1, 11.5.2).
import { bitLength, exponentMax, type FloatEnvironment, type Format, fractionMask, Mx } from './format';

/** Significand * 2^exponent (with a sticky bit below, if `sticky`) rounded into the format. */
export function pack(sign: bigint, significand: bigint, exponent: number, sticky: boolean, f: Format, env: FloatEnvironment): bigint {
  const signed = sign << BigInt(f.bits - 1);
  if (significand === 0n && !sticky) return signed;
  const precision = f.fraction + 1;
  const minimum = 1 - f.bias - f.fraction;
  const length = bitLength(significand);
  const top = exponent + length - 1;
  const normalShift = length - precision;
  // Tininess after rounding: first as if the exponent had no bound.
  const tiny = top < 1 - f.bias && !roundsUpToNormal(sign, significand, length, precision, sticky, top, f, env);
  if (tiny && env.mxcsr & Mx.FZ && env.mxcsr & 0x800) {
    env.raised |= Mx.UE | Mx.PE;
    return signed;
  }
  if (tiny && !(env.mxcsr & 0x800)) {
    // Unmasked: the result for the handler is rounded as if the exponent had no bound, so PE says whether that was inexact (SDM vol 1, 11.5.2.5).
    env.raised |= Mx.UE | (roundShift(sign, significand, normalShift, sticky, env).inexact ? Mx.PE : 0);
    return signed;
  }
  let shift = normalShift;
  if (exponent + shift < minimum) shift = minimum - exponent;
  const { value, inexact } = roundShift(sign, significand, shift, sticky, env);
  let result = value;
  let e = exponent + shift;
  if (inexact) env.raised |= Mx.PE;
  if (tiny && inexact) env.raised |= Mx.UE;
  if (bitLength(result) > precision) {
    result >>= 1n;
    e++;
  }
  const biased = bitLength(result) < precision ? 0 : e + f.bias + f.fraction;
  if (biased >= exponentMax(f)) {
    // Unmasked overflow: PE only where rounding lost something.
    env.raised |= env.mxcsr & 0x400 ? Mx.OE | Mx.PE : Mx.OE;
    const mode = env.roundMode;
    const toInfinity = mode === 0 || (mode === 2 && sign === 0n) || (mode === 1 && sign === 1n);
    const infinity = BigInt(exponentMax(f)) << BigInt(f.fraction);
    return signed | (toInfinity ? infinity : infinity - 1n);
  }
  return signed | (BigInt(biased) << BigInt(f.fraction)) | (result & fractionMask(f));
}

function roundsUpToNormal(
  sign: bigint,
  significand: bigint,
  length: number,
  precision: number,
  sticky: boolean,
  top: number,
  f: Format,
  env: FloatEnvironment,
): boolean {
  if (top !== -f.bias) return false;
  return bitLength(roundShift(sign, significand, length - precision, sticky, env).value) > precision;
}

/** value >> shift (or << where negative), rounded by MXCSR.RC. */
export function roundShift(
  sign: bigint,
  value: bigint,
  shift: number,
  sticky: boolean,
  env: FloatEnvironment,
): { value: bigint; inexact: boolean } {
  if (shift <= 0) return { value: value << BigInt(-shift), inexact: sticky };
  const by = BigInt(shift);
  const kept = value >> by;
  const lost = value - (kept << by);
  const half = 1n << (by - 1n);
  const inexact = lost !== 0n || sticky;
  let up = false;
  switch (env.roundMode) {
    case 0:
      up = lost > half || (lost === half && (sticky || (kept & 1n) === 1n));
      break;
    case 1:
      up = inexact && sign === 1n;
      break;
    case 2:
      up = inexact && sign === 0n;
      break;
  }
  return { value: up ? kept + 1n : kept, inexact };
}
