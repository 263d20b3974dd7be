// Fused multiply-add of one lane: the exact product and sum, rounded once (SDM vol 1, 14.5.2, 14.5.3).
import { exponentMax, type FloatEnvironment, type Format, lane, Mx } from './format';
import { pack } from './round';
import { invalid, isNaN64, unpack } from './unpack';

/** (−)a·b ± c. */
export interface Fused {
  negateProduct: boolean;
  subtract: boolean;
}

export function fusedMultiplyAdd(a: bigint, b: bigint, c: bigint, kind: Fused, f: Format, env: FloatEnvironment): bigint {
  return lane(env, () => fuse([a, b, c], kind, f, env));
}

function fuse(values: readonly [bigint, bigint, bigint], kind: Fused, f: Format, env: FloatEnvironment): bigint {
  const ua = unpack(values[0], f, env);
  const ub = unpack(values[1], f, env);
  const uc = unpack(values[2], f, env);
  const all = [ua, ub, uc];
  if (all.some(isNaN64)) {
    env.raised &= ~Mx.DE;
    if (all.some((u) => u.signalling)) env.raised |= Mx.IE;
    return values[all.findIndex(isNaN64)]! | (1n << BigInt(f.fraction - 1));
  }
  const productSign = ua.sign ^ ub.sign ^ (kind.negateProduct ? 1n : 0n);
  const addendSign = uc.sign ^ (kind.subtract ? 1n : 0n);
  const infinityOf = (sign: bigint): bigint => (sign << BigInt(f.bits - 1)) | (BigInt(exponentMax(f)) << BigInt(f.fraction));
  const invalidOperation = (): bigint => {
    env.raised &= ~Mx.DE;
    return invalid(f, env);
  };
  if (ua.kind === 'infinity' || ub.kind === 'infinity') {
    if (ua.kind === 'zero' || ub.kind === 'zero') return invalidOperation();
    return uc.kind === 'infinity' && addendSign !== productSign ? invalidOperation() : infinityOf(productSign);
  }
  if (uc.kind === 'infinity') return infinityOf(addendSign);
  const product = ua.kind === 'zero' || ub.kind === 'zero' ? 0n : ua.significand * ub.significand;
  const productExponent = ua.exponent + ub.exponent;
  const addend = uc.kind === 'zero' ? 0n : uc.significand;
  const low = product === 0n ? uc.exponent : addend === 0n ? productExponent : Math.min(productExponent, uc.exponent);
  const aligned = (sign: bigint, significand: bigint, exponent: number): bigint => {
    if (significand === 0n) return 0n;
    const value = significand << BigInt(exponent - low);
    return sign ? -value : value;
  };
  const sum = aligned(productSign, product, productExponent) + aligned(addendSign, addend, uc.exponent);
  if (sum === 0n) {
    const negative = productSign === addendSign ? productSign : env.roundMode === 1 ? 1n : 0n;
    return negative << BigInt(f.bits - 1);
  }
  return pack(sum < 0n ? 1n : 0n, sum < 0n ? -sum : sum, low, false, f, env);
}
