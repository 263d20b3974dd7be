// Conditions on lazy flags whose last operation is known: made in place from its operands, or from RFLAGS in memory where that is exact.
import type { Local } from '../../wasm/code';
import { type CcKind, Flag } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import type { RegionFunction } from './region-function';

/** Conditions that are not negated. */
export type Base = 'o' | 'b' | 'e' | 'be' | 's' | 'p' | 'l' | 'le';
export type KnownKind = keyof typeof CcKind;
export type LazyKind = Exclude<KnownKind, 'exact'>;

const RFLAGS = STATE + S.rflags;

export class RegionConditions {
  /** Of the last operation's operands. */
  bytes = 8;

  constructor(private readonly region: RegionFunction) {}

  /** From RFLAGS in memory: 0 or 1. */
  exact(base: Base): void {
    const { f } = this.region;
    const bits = (mask: number): void => {
      f.i32(0).mem('i32.load', RFLAGS).i32(mask).op('i32.and');
    };
    const signs = (): void => {
      bits(Flag.SF);
      bits(Flag.OF);
      f.i32(4).op('i32.shr_u', 'i32.xor');
    };
    if (base === 'e') bits(Flag.ZF);
    else if (base === 's') bits(Flag.SF);
    else if (base === 'p') bits(Flag.PF);
    else if (base === 'b') bits(Flag.CF);
    else if (base === 'o') bits(Flag.OF);
    else if (base === 'be') bits(Flag.CF | Flag.ZF);
    else signs();
    if (base === 'le') {
      bits(Flag.ZF);
      f.op('i32.or');
    }
    f.i32(0).op('i32.ne');
  }

  private get unused(): number {
    return 64 - this.bytes * 8;
  }
  /** Pushes a value with the operand's sign bit in bit 63. */
  private top(local: Local): void {
    this.region.f.get(local);
    if (this.unused) this.region.f.i64(this.unused).op('i64.shl');
  }

  /** The operands of a subtraction. */
  private compare(operation: 'lt_u' | 'le_u' | 'lt_s' | 'le_s'): void {
    const { f, flags, flagA } = this.region;
    if (this.bytes === 4) {
      f.get(flagA).op('i32.wrap_i64').get(flags.src).op('i32.wrap_i64', `i32.${operation}`);
      return;
    }
    this.top(flagA);
    this.top(flags.src);
    f.op(`i64.${operation}`);
  }

  known(kind: LazyKind, base: Base): void {
    const { f, flags } = this.region;
    switch (base) {
      case 'e':
        if (this.bytes === 4) f.get(flags.dst).op('i32.wrap_i64', 'i32.eqz');
        else {
          this.top(flags.dst);
          f.op('i64.eqz');
        }
        return;
      case 's':
        this.top(flags.dst);
        f.i64(0).op('i64.lt_s');
        return;
      case 'p':
        f.get(flags.dst).op('i32.wrap_i64').i32(255).op('i32.and', 'i32.popcnt').i32(1).op('i32.and', 'i32.eqz');
        return;
      case 'b':
        this.below(kind);
        return;
      case 'be':
        if (kind === 'sub') {
          this.compare('le_u');
          return;
        }
        this.below(kind);
        this.known(kind, 'e');
        f.op('i32.or');
        return;
      case 'o':
        this.overflow(kind);
        return;
      case 'l':
        if (kind === 'sub') {
          this.compare('lt_s');
          return;
        }
        this.known(kind, 's');
        if (kind === 'logic') return;
        this.overflow(kind);
        f.op('i32.ne');
        return;
      case 'le':
        if (kind === 'sub') {
          this.compare('le_s');
          return;
        }
        this.known(kind, 'l');
        this.known(kind, 'e');
        f.op('i32.or');
    }
  }

  below(kind: LazyKind): void {
    const { f, flags } = this.region;
    switch (kind) {
      case 'sub':
        this.compare('lt_u');
        return;
      case 'add':
        this.top(flags.dst);
        this.top(flags.src);
        f.op('i64.lt_u');
        return;
      case 'logic':
        f.i32(0);
        return;
      case 'adc':
      case 'sbb': {
        // With a carry that came in, equal counts too. SBB: the first operand is result + source + carry.
        const first = (): void => {
          f.get(flags.dst);
          if (kind === 'sbb') f.get(flags.src).op('i64.add').get(flags.aux).op('i64.add');
          if (this.unused) f.i64(this.unused).op('i64.shl');
        };
        first();
        this.top(flags.src);
        f.op('i64.le_u');
        first();
        this.top(flags.src);
        f.op('i64.lt_u').get(flags.aux).op('i32.wrap_i64', 'select');
        return;
      }
      default:
        f.get(flags.aux).op('i32.wrap_i64').i32(1).op('i32.and');
    }
  }

  /** An i64 that is 0 or AF. */
  auxiliary(kind: LazyKind): void {
    const { f, flags } = this.region;
    switch (kind) {
      case 'logic':
        f.i64(0);
        return;
      case 'explicit':
        f.get(flags.aux).i64(Flag.AF).op('i64.and');
        return;
      case 'inc':
      case 'dec':
        f.get(flags.dst)
          .i64(15)
          .op('i64.and')
          .i64(kind === 'inc' ? 0 : 15)
          .op('i64.eq', 'i64.extend_i32_u')
          .i64(4)
          .op('i64.shl');
        return;
      default:
        this.first(kind);
        f.get(flags.src).op('i64.xor').get(flags.dst).op('i64.xor').i64(Flag.AF).op('i64.and');
    }
  }
  /** Pushes the first operand of an addition or subtraction. */
  private first(kind: 'add' | 'sub' | 'adc' | 'sbb'): void {
    const { f, flags, flagA } = this.region;
    if (kind === 'sub' || kind === 'add') f.get(flagA);
    else {
      f.get(flags.dst)
        .get(flags.src)
        .op(kind === 'sbb' ? 'i64.add' : 'i64.sub');
      f.get(flags.aux).op(kind === 'sbb' ? 'i64.add' : 'i64.sub');
    }
  }

  /** 0 or 1. */
  overflow(kind: LazyKind): void {
    const { f, flags } = this.region;
    switch (kind) {
      case 'logic':
        f.i32(0);
        return;
      case 'explicit':
        f.get(flags.aux).op('i32.wrap_i64').i32(1).op('i32.shr_u').i32(1).op('i32.and');
        return;
      case 'inc':
        this.top(flags.dst);
        f.i64(0x8000_0000_0000_0000n).op('i64.eq');
        return;
      case 'dec':
        this.top(flags.dst);
        f.i64(BigInt.asUintN(64, (0x7fff_ffff_ffff_ffffn >> BigInt(this.unused)) << BigInt(this.unused))).op('i64.eq');
        return;
      default: {
        // The operands' signs and the result's: subtraction (a ^ b) & (a ^ r), addition (a ^ r) & (b ^ r).
        const subtraction = kind === 'sub' || kind === 'sbb';
        this.first(kind);
        f.get(subtraction ? flags.src : flags.dst).op('i64.xor');
        if (subtraction) this.first(kind);
        else f.get(flags.src);
        f.get(flags.dst).op('i64.xor', 'i64.and');
        if (this.unused) f.i64(this.unused).op('i64.shl');
        f.i64(0).op('i64.lt_s');
      }
    }
  }
}
