// Conversions between formats, and from and to integers (SDM vol 1, 4.8.4.2, 11.3.6; vol 2).
import { exponentMax, FloatEnvironment, type Format, fractionMask, Mx, quietNaN } from './format';
import { pack, roundShift } from './round';
import { unpack } from './unpack';

/** To a signed integer of `bits`, rounding by MXCSR or towards zero; out of range gives the integer indefinite. */
export function toInteger(value: bigint, f: Format, bits: number, truncate: boolean, env: FloatEnvironment): bigint {
  const u = unpack(value, f, env);
  env.raised &= ~Mx.DE;
  const indefinite = 1n << BigInt(bits - 1);
  if (u.kind === 'zero') return 0n;
  if (u.kind !== 'finite') {
    env.raised |= Mx.IE;
    return indefinite;
  }
  const rounding = truncate ? new FloatEnvironment(env.mxcsr | Mx.RC) : env;
  const { value: magnitude, inexact } = roundShift(u.sign, u.significand, -u.exponent, false, rounding);
  const result = u.sign ? -magnitude : magnitude;
  if (result < -indefinite || result >= indefinite) {
    env.raised |= Mx.IE;
    return indefinite;
  }
  if (inexact) env.raised |= Mx.PE;
  return BigInt.asUintN(bits, result);
}

export function fromInteger(value: bigint, f: Format, env: FloatEnvironment): bigint {
  return pack(value < 0n ? 1n : 0n, value < 0n ? -value : value, 0, false, f, env);
}

export function convert(value: bigint, from: Format, to: Format, env: FloatEnvironment): bigint {
  const u = unpack(value, from, env);
  const sign = u.sign << BigInt(to.bits - 1);
  switch (u.kind) {
    case 'zero':
      return sign;
    case 'infinity':
      return sign | (BigInt(exponentMax(to)) << BigInt(to.fraction));
    case 'nan': {
      if (u.signalling) env.raised |= Mx.IE;
      const payload = value & fractionMask(from);
      const shift = to.fraction - from.fraction;
      const moved = shift >= 0 ? payload << BigInt(shift) : payload >> BigInt(-shift);
      return sign | quietNaN(to) | moved;
    }
    default:
      return pack(u.sign, u.significand, u.exponent, false, to, env);
  }
}
