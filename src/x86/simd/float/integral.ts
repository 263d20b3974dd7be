// Rounding to an integral value in the same format (SDM vol 2 "ROUNDPS").
import { FloatEnvironment, type Format, Mx } from './format';
import { pack, roundShift } from './round';
import { isNaN64, propagate, unpack } from './unpack';

/** `control`: bits 1 and 0 the rounding mode, bit 2 MXCSR's instead, bit 3 no precision exception. */
export function toIntegral(value: bigint, f: Format, control: number, env: FloatEnvironment): bigint {
  const u = unpack(value, f, env);
  env.raised &= ~Mx.DE;
  if (isNaN64(u)) return propagate(value, value, u, u, f, env);
  if (u.kind === 'zero') return u.sign << BigInt(f.bits - 1);
  if (u.kind === 'infinity' || u.exponent >= 0) return value;
  const mode = control & 4 ? env.mxcsr : (env.mxcsr & ~Mx.RC) | ((control & 3) << 13);
  const rounded = roundShift(u.sign, u.significand, -u.exponent, false, new FloatEnvironment(mode));
  if (rounded.inexact && !(control & 8)) env.raised |= Mx.PE;
  return pack(u.sign, rounded.value, 0, false, f, env);
}
