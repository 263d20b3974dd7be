// How many biased exponents from some number on a double may have for host arithmetic on it to be right: asked once where MXCSR cannot change, 0 where MXCSR does
// not allow it.
import type { Local } from '../../wasm/code';
import { S, STATE } from '../../x86/layout';
import type { RegionFunction } from './region-function';

/** Control bits and the precision flag of MXCSR, and what they are where host arithmetic is right: masked, to nearest, no FTZ or DAZ, flag already set. */
const CONTROL = 0xffe0;
const FAST = 0x1fa0;

/** Exponents at the top of 64 bits, the sign shifted out. */
const AT_TOP = 53n;

export class MxcsrLimit {
  /** The local has it at this place. */
  isSet = false;
  private place: Local | undefined;

  constructor(
    private readonly region: RegionFunction,
    private readonly first: number,
    private readonly count: number,
  ) {}

  /** An i64: the count, shifted as exponents are; or 0. */
  get local(): Local {
    const { f } = this.region;
    this.place ??= f.local('i64');
    if (this.isSet) return this.place;
    this.isSet = true;
    f.i64(BigInt.asIntN(64, BigInt(this.count) << AT_TOP)).i64(0);
    f.i32(0)
      .mem('i32.load', STATE + S.mxcsr)
      .i32(CONTROL)
      .op('i32.and')
      .i32(FAST)
      .op('i32.eq', 'select')
      .set(this.place);
    return this.place;
  }
  /** Pushes an i32: the number's exponent is one of these, and host arithmetic is allowed; or the opposite of that. */
  push(value: Local, comparison: 'i64.lt_u' | 'i64.ge_u' = 'i64.lt_u'): void {
    const { local } = this;
    const { f } = this.region;
    f.get(value).op('i64.reinterpret_f64').i64(1).op('i64.shl');
    f.i64(BigInt.asIntN(64, -(BigInt(this.first) << AT_TOP)))
      .op('i64.add')
      .get(local)
      .op(comparison);
  }
}
