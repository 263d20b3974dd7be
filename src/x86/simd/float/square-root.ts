// Square root of one lane, exact.
import { bitLength, type FloatEnvironment, type Format, Mx } from './format';
import { pack } from './round';
import { invalid, isNaN64, propagate, unpack } from './unpack';

export function squareRoot(b: bigint, f: Format, env: FloatEnvironment): bigint {
  const u = unpack(b, f, env);
  if (isNaN64(u)) {
    env.raised &= ~Mx.DE;
    return propagate(b, b, u, u, f, env);
  }
  if (u.kind === 'zero') return u.sign << BigInt(f.bits - 1);
  if (u.sign) {
    env.raised &= ~Mx.DE;
    return invalid(f, env);
  }
  if (u.kind === 'infinity') return b;
  let shift = 2 * f.fraction + 8;
  if ((u.exponent - shift) & 1) shift++;
  const scaled = u.significand << BigInt(shift);
  const root = integerRoot(scaled);
  return pack(0n, root, (u.exponent - shift) / 2, root * root !== scaled, f, env);
}

function integerRoot(value: bigint): bigint {
  let x = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
