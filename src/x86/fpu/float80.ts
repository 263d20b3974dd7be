// The double extended format and its classes (SDM vol 1 ch. 4.2.2, table 4-3; 8.2.2 for the encodings that are not supported).
import { EXCEPTIONS, PRECISION, Rc, Sw } from './bits';

/** Sign and exponent in one 16-bit word, significand with its explicit integer bit. */
export interface F80 {
  readonly se: number;
  readonly m: bigint;
}

export const INTEGER_BIT = 1n << 63n;
export const QUIET_BIT = 1n << 62n;
export const BIAS = 16383;
export const MAX_EXPONENT = 0x7fff;

/** Denormal: pseudo-denormals too. Unsupported: unnormals, pseudo-infinities, pseudo-NaNs. */
export const Kind = { zero: 0, normal: 1, denormal: 2, infinity: 3, quiet: 4, signaling: 5, unsupported: 6 } as const;
export type KindOf = (typeof Kind)[keyof typeof Kind];

export function kindOf({ se, m }: F80): KindOf {
  const exponent = se & MAX_EXPONENT;
  if (exponent === 0) return m === 0n ? Kind.zero : Kind.denormal;
  if ((m & INTEGER_BIT) === 0n) return Kind.unsupported;
  if (exponent !== MAX_EXPONENT) return Kind.normal;
  if (m === INTEGER_BIT) return Kind.infinity;
  return m & QUIET_BIT ? Kind.quiet : Kind.signaling;
}

export const isNegative = (value: F80): boolean => (value.se & 0x8000) !== 0;
export const isFinite80 = (kind: KindOf): boolean => kind <= Kind.denormal;
export const isNan = (kind: KindOf): boolean => kind === Kind.quiet || kind === Kind.signaling;

/** Real indefinite. */
export const INDEFINITE: F80 = { se: 0xffff, m: INTEGER_BIT | QUIET_BIT };
export const zero80 = (negative: boolean): F80 => ({ se: negative ? 0x8000 : 0, m: 0n });
export const infinity80 = (negative: boolean): F80 => ({ se: negative ? 0xffff : 0x7fff, m: INTEGER_BIT });
export const one80 = (negative = false): F80 => ({ se: negative ? 0xbfff : 0x3fff, m: INTEGER_BIT });
export const withSign = (value: F80, negative: boolean): F80 => ({ se: (value.se & 0x7fff) | (negative ? 0x8000 : 0), m: value.m });

/** A finite number as sign · m · 2^e, exactly. */
export interface Exact {
  negative: boolean;
  m: bigint;
  e: number;
}
export const exactOf = ({ se, m }: F80): Exact => ({
  negative: (se & 0x8000) !== 0,
  m,
  e: Math.max(se & MAX_EXPONENT, 1) - BIAS - 63,
});

/** What one operation computes under, and what it raises. */
export class FpuEnvironment {
  /** Sw bits. */
  raised = 0;
  /** The result's magnitude was rounded up: C1. */
  roundedUp = false;
  /** A memory operand was denormal in its own format. */
  memoryDenormal = false;
  readonly rounding: number;
  /** Significand bits by precision control. */
  readonly precision: number;

  constructor(readonly control: number) {
    this.rounding = (control >> 10) & 3;
    this.precision = PRECISION[(control >> 8) & 3]!;
  }

  raise(bits: number): void {
    this.raised |= bits;
  }
  isMasked(bits: number): boolean {
    return (this.control & bits & EXCEPTIONS) === bits;
  }
  /** Invalid operation: the masked answer. */
  invalid(): F80 {
    this.raised |= Sw.IE;
    return INDEFINITE;
  }
  /** Directed rounding away from zero for this sign. */
  roundsAway(negative: boolean): boolean {
    return this.rounding === (negative ? Rc.down : Rc.up);
  }
}

/** DE, where the operation comes to look at its operands' values. */
export function flagDenormals(env: FpuEnvironment, a: KindOf, b: KindOf): void {
  if (a === Kind.denormal || b === Kind.denormal || env.memoryDenormal) env.raise(Sw.DE);
}

const quieted = (value: F80): F80 => ({ se: value.se, m: value.m | QUIET_BIT });

/** The NaN of an operation with one or two NaN operands (SDM vol 1 table 4-7), or indefinite for unsupported operands; undefined: no such operand. */
export function nanResult(a: F80, b: F80, env: FpuEnvironment): F80 | undefined {
  const ka = kindOf(a);
  const kb = kindOf(b);
  if (ka < Kind.quiet && kb < Kind.quiet) return undefined;
  if (ka === Kind.unsupported || kb === Kind.unsupported) return env.invalid();
  if (ka === Kind.signaling || kb === Kind.signaling) env.raise(Sw.IE);
  if (!isNan(kb)) return quieted(a);
  if (!isNan(ka)) return quieted(b);
  if (ka !== kb) return ka === Kind.quiet ? a : b;
  if (a.m !== b.m) return quieted(a.m > b.m ? a : b);
  return quieted(isNegative(a) ? b : a);
}
export function nanResult1(a: F80, env: FpuEnvironment): F80 | undefined {
  const kind = kindOf(a);
  if (kind < Kind.quiet) return undefined;
  if (kind === Kind.unsupported) return env.invalid();
  if (kind === Kind.signaling) env.raise(Sw.IE);
  return quieted(a);
}
