// ADD, SUB, MUL, DIV, SQRT, MIN and MAX of one lane, exact (SDM vol 1, 4.8, 11.5; vol 2).
import { extreme } from './compare';
import { exponentMax, type FloatEnvironment, type Format, lane, Mx } from './format';
import { pack } from './round';
import { squareRoot } from './square-root';
import { invalid, isNaN64, propagate, type Unpacked, unpack } from './unpack';

export type FloatOperation = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'sqrt';

export function compute(operation: FloatOperation, a: bigint, b: bigint, f: Format, env: FloatEnvironment): bigint {
  return lane(env, () => computeLane(operation, a, b, f, env));
}

function computeLane(operation: FloatOperation, a: bigint, b: bigint, f: Format, env: FloatEnvironment): bigint {
  if (operation === 'sqrt') return squareRoot(b, f, env);
  const ua = unpack(a, f, env);
  const ub = unpack(b, f, env);
  if (operation === 'min' || operation === 'max') return extreme(operation, a, b, ua, ub, env);
  if (isNaN64(ua) || isNaN64(ub)) {
    env.raised &= ~Mx.DE;
    return propagate(a, b, ua, ub, f, env);
  }
  if (operation === 'add') return add(ua, ub, f, env);
  if (operation === 'sub') return add(ua, { ...ub, sign: ub.sign ^ 1n }, f, env);
  const sign = ua.sign ^ ub.sign;
  const infinity = (sign << BigInt(f.bits - 1)) | (BigInt(exponentMax(f)) << BigInt(f.fraction));
  const zero = sign << BigInt(f.bits - 1);
  if (operation === 'mul') {
    if (ua.kind === 'infinity' || ub.kind === 'infinity') return ua.kind === 'zero' || ub.kind === 'zero' ? invalid(f, env) : infinity;
    if (ua.kind === 'zero' || ub.kind === 'zero') return zero;
    return pack(sign, ua.significand * ub.significand, ua.exponent + ub.exponent, false, f, env);
  }
  if (ua.kind === 'infinity') return ub.kind === 'infinity' ? invalid(f, env) : infinity;
  if (ub.kind === 'infinity') return zero;
  if (ub.kind === 'zero') {
    if (ua.kind === 'zero') return invalid(f, env);
    env.raised = (env.raised & ~Mx.DE) | Mx.ZE;
    return infinity;
  }
  if (ua.kind === 'zero') return zero;
  const scale = 2 * f.fraction + 8;
  const dividend = ua.significand << BigInt(scale);
  const quotient = dividend / ub.significand;
  return pack(sign, quotient, ua.exponent - ub.exponent - scale, dividend % ub.significand !== 0n, f, env);
}

function add(a: Unpacked, b: Unpacked, f: Format, env: FloatEnvironment): bigint {
  const infinityOf = (sign: bigint): bigint => (sign << BigInt(f.bits - 1)) | (BigInt(exponentMax(f)) << BigInt(f.fraction));
  if (a.kind === 'infinity') return b.kind === 'infinity' && a.sign !== b.sign ? invalid(f, env) : infinityOf(a.sign);
  if (b.kind === 'infinity') return infinityOf(b.sign);
  const low = Math.min(a.kind === 'zero' ? b.exponent : a.exponent, b.kind === 'zero' ? a.exponent : b.exponent);
  const aligned = (u: Unpacked): bigint => {
    if (u.kind === 'zero') return 0n;
    const value = u.significand << BigInt(u.exponent - low);
    return u.sign ? -value : value;
  };
  const sum = aligned(a) + aligned(b);
  if (sum === 0n) {
    const negative = a.sign === b.sign ? a.sign : env.roundMode === 1 ? 1n : 0n;
    return negative << BigInt(f.bits - 1);
  }
  return pack(sum < 0n ? 1n : 0n, sum < 0n ? -sum : sum, low, false, f, env);
}
