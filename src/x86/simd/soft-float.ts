// IEEE 754 binary32 and binary64 arithmetic with MXCSR's rounding, exceptions and NaN rules (SDM vol 1 ch. 4.8, 4.9, 10.2, 11.5): exact, for all that the
// fast paths leave.

export interface Format {
  bits: number;
  /** Fraction bits. */
  fraction: number;
  bias: number;
}
export const BINARY32: Format = { bits: 32, fraction: 23, bias: 127 };
export const BINARY64: Format = { bits: 64, fraction: 52, bias: 1023 };

export const Mx = { IE: 1, DE: 2, ZE: 4, OE: 8, UE: 0x10, PE: 0x20, DAZ: 0x40, RC: 0x6000, FZ: 0x8000 } as const;

interface Unpacked {
  sign: bigint;
  kind: 'zero' | 'finite' | 'infinity' | 'nan';
  /** value = significand * 2^exponent */
  significand: bigint;
  exponent: number;
  signalling: boolean;
}

/** One operation's environment: MXCSR and the flags that it raises. */
export class FloatEnvironment {
  raised = 0;
  constructor(readonly mxcsr: number) {}
  get roundMode(): number {
    return (this.mxcsr >> 13) & 3;
  }
}

const fractionMask = (f: Format): bigint => (1n << BigInt(f.fraction)) - 1n;
const exponentMax = (f: Format): number => 2 * f.bias + 1;
const quietNaN = (f: Format): bigint =>
  (((1n << BigInt(f.bits - f.fraction)) - 1n) << BigInt(f.fraction - 1)) & ~(1n << BigInt(f.bits - 1));
const signBit = (f: Format): bigint => 1n << BigInt(f.bits - 1);

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

const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

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
function roundShift(
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

const isNaN64 = (u: Unpacked): boolean => u.kind === 'nan';

/** First operand's NaN, else the second's, quieted; IE for a signalling one. */
function propagate(a: bigint, b: bigint, ua: Unpacked, ub: Unpacked, f: Format, env: FloatEnvironment): bigint {
  if (ua.signalling || ub.signalling) env.raised |= Mx.IE;
  const quiet = 1n << BigInt(f.fraction - 1);
  return (isNaN64(ua) ? a : b) | quiet;
}
function invalid(f: Format, env: FloatEnvironment): bigint {
  env.raised |= Mx.IE;
  return quietNaN(f) | signBit(f);
}

export type FloatOperation = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'sqrt';

/** Runs one lane: what it raises is added to what other lanes raised, and takes nothing of theirs back. */
function lane<T>(env: FloatEnvironment, body: () => T): T {
  const before = env.raised;
  env.raised = 0;
  const result = body();
  env.raised |= before;
  return result;
}

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

/** MINSD, MAXSD: the second operand if either is a NaN or both are zero. */
function extreme(operation: 'min' | 'max', a: bigint, b: bigint, ua: Unpacked, ub: Unpacked, env: FloatEnvironment): bigint {
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

function squareRoot(b: bigint, f: Format, env: FloatEnvironment): bigint {
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
