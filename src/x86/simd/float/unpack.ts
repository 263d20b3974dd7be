// A number's bits as sign, kind, significand and exponent; denormals by MXCSR.DAZ (SDM vol 1, 10.2.3.4).
import { exponentMax, type FloatEnvironment, type Format, fractionMask, Mx, quietNaN, signBit } from './format';

export interface Unpacked {
  sign: bigint;
  kind: 'zero' | 'finite' | 'infinity' | 'nan';
  /** value = significand * 2^exponent */
  significand: bigint;
  exponent: number;
  signalling: boolean;
}

export function unpack(value: bigint, f: Format, env: FloatEnvironment): Unpacked {
  const sign = (value >> BigInt(f.bits - 1)) & 1n;
  const biased = Number((value >> BigInt(f.fraction)) & BigInt(exponentMax(f)));
  const fraction = value & fractionMask(f);
  const base = { sign, significand: 0n, exponent: 0, signalling: false };
  if (biased === exponentMax(f)) {
    if (fraction === 0n) return { ...base, kind: 'infinity' };
    const signalling = fraction >> BigInt(f.fraction - 1) === 0n;
    return { ...base, kind: 'nan', signalling };
  }
  if (biased === 0) {
    if (fraction === 0n) return { ...base, kind: 'zero' };
    if (env.mxcsr & Mx.DAZ) return { ...base, kind: 'zero' };
    env.raised |= Mx.DE;
    return { ...base, kind: 'finite', significand: fraction, exponent: 1 - f.bias - f.fraction };
  }
  return { ...base, kind: 'finite', significand: fraction | (1n << BigInt(f.fraction)), exponent: biased - f.bias - f.fraction };
}

export const isNaN64 = (u: Unpacked): boolean => u.kind === 'nan';

/** First operand's NaN, else the second's, quieted; IE for a signalling one. */
export function propagate(a: bigint, b: bigint, ua: Unpacked, ub: Unpacked, f: Format, env: FloatEnvironment): bigint {
  if (ua.signalling || ub.signalling) env.raised |= Mx.IE;
  const quiet = 1n << BigInt(f.fraction - 1);
  return (isNaN64(ua) ? a : b) | quiet;
}
export function invalid(f: Format, env: FloatEnvironment): bigint {
  env.raised |= Mx.IE;
  return quietNaN(f) | signBit(f);
}
