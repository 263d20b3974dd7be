// Order of two numbers, and MIN and MAX, which are made from it (SDM vol 2 "MINSD", "UCOMISD", "CMPSD").
import { bitLength, type FloatEnvironment, type Format, lane, Mx } from './format';
import { isNaN64, type Unpacked, unpack } from './unpack';

/** MINSD, MAXSD: the second operand if either is a NaN or both are zero. */
export function extreme(operation: 'min' | 'max', a: bigint, b: bigint, ua: Unpacked, ub: Unpacked, env: FloatEnvironment): bigint {
  if (isNaN64(ua) || isNaN64(ub)) {
    env.raised = (env.raised & ~Mx.DE) | Mx.IE;
    return flushed(b, ub);
  }
  const order = compareUnpacked(ua, ub);
  return (operation === 'min' ? order < 0 : order > 0) ? flushed(a, ua) : flushed(b, ub);
}

/** A denormal under DAZ counts as zero in the result too; its sign is the highest bit set, as its exponent is 0. */
function flushed(value: bigint, u: Unpacked): bigint {
  if (u.kind !== 'zero') return value;
  return u.sign ? 1n << BigInt(bitLength(value) - 1) : 0n;
}

function compareUnpacked(a: Unpacked, b: Unpacked): number {
  const key = (u: Unpacked): { sign: number; infinite: boolean } => ({
    sign: u.kind === 'zero' ? 0 : u.sign ? -1 : 1,
    infinite: u.kind === 'infinity',
  });
  const ka = key(a);
  const kb = key(b);
  if (ka.sign !== kb.sign) return ka.sign - kb.sign;
  if (ka.sign === 0) return 0;
  if (ka.infinite || kb.infinite) return ka.infinite === kb.infinite ? 0 : (ka.infinite ? 1 : -1) * ka.sign;
  const low = Math.min(a.exponent, b.exponent);
  const difference = (a.significand << BigInt(a.exponent - low)) - (b.significand << BigInt(b.exponent - low));
  return (difference > 0n ? 1 : difference < 0n ? -1 : 0) * ka.sign;
}

/** −1, 0, 1, or undefined: unordered. `quiet` (UCOMISD): IE for signalling NaNs only. */
export function compare(a: bigint, b: bigint, f: Format, quiet: boolean, env: FloatEnvironment): number | undefined {
  return lane(env, () => compareLane(a, b, f, quiet, env));
}

function compareLane(a: bigint, b: bigint, f: Format, quiet: boolean, env: FloatEnvironment): number | undefined {
  const ua = unpack(a, f, env);
  const ub = unpack(b, f, env);
  if (isNaN64(ua) || isNaN64(ub)) {
    env.raised &= ~Mx.DE;
    if (!quiet || ua.signalling || ub.signalling) env.raised |= Mx.IE;
    return undefined;
  }
  return compareUnpacked(ua, ub);
}
