// Lazy flags of a region: four locals, as the interpreter keeps them in memory. Where the last operation that wrote them is known, a condition is made from it
// in place; elsewhere the interpreter's functions answer.
import type { Local } from '../../wasm/code';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition, Flag } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import type { RegionFunction } from './region-function';

type Base = 'o' | 'b' | 'e' | 'be' | 's' | 'p' | 'l' | 'le';
type KnownKind = keyof typeof CcKind;
type LazyKind = Exclude<KnownKind, 'exact'>;

const RFLAGS = STATE + S.rflags;
const CARRY_AND_OVERFLOW = Flag.CF | Flag.OF;

export class RegionFlags {
  /** The operation whose operands the locals hold; undefined: known only when it runs. */
  private kind: KnownKind | undefined;
  private bytes = 8;
  /** Blocks open around the instruction. */
  private nesting = 0;

  constructor(private readonly region: RegionFunction) {}

  /** What is known now, to be put back after another path was emitted. */
  save(): { kind: KnownKind | undefined; bytes: number } {
    return { kind: this.kind, bytes: this.bytes };
  }
  restore(saved: { kind: KnownKind | undefined; bytes: number }): void {
    this.kind = saved.kind;
    this.bytes = saved.bytes;
  }
  forget(): void {
    this.kind = undefined;
  }
  startForm(): void {
    this.nesting = this.region.f.nesting;
  }

  /** What is known of flags from now on: nothing behind a path that is not always taken. */
  private become(kind: KnownKind, bytes: number): void {
    this.kind = this.region.f.nesting > this.nesting ? undefined : kind;
    this.bytes = bytes;
  }
  private setOperation(kind: KnownKind, bytes: number): void {
    this.region.writeFlags();
    this.region.f.i32(kind === 'exact' ? 0 : CcKind[kind] | ((64 - bytes * 8) << 8)).set(this.region.flags.op);
  }

  store(kind: LazyKind, bytes: number, r: Local, src?: Local, aux?: Local, a?: Local): void {
    const { f, flags, flagA } = this.region;
    if (a !== undefined) f.get(a).set(flagA);
    if (src !== undefined) f.get(src).set(flags.src);
    if (aux !== undefined) f.get(aux).set(flags.aux);
    f.get(r).set(flags.dst);
    this.setOperation(kind, bytes);
    this.become(kind, bytes);
  }

  replace(mask: number, value: Local): void {
    const arithmetic = mask & ARITHMETIC_FLAGS;
    const { f, imports } = this.region;
    if (arithmetic === 0) this.replaceInMemory(mask, value);
    else if (arithmetic === ARITHMETIC_FLAGS || this.kind === 'exact') {
      this.replaceInMemory(mask, value);
      this.setOperation('exact', 8);
      this.become('exact', 8);
    } else if (this.kind !== undefined && (mask & ~CARRY_AND_OVERFLOW) === 0) this.replaceCarry(this.kind, mask, value);
    else {
      this.region.spillFlags();
      f.get(value).i32(mask).call(imports.index('replaceFlags'));
      this.setOperation('exact', 8);
      this.become('exact', 8);
    }
  }
  private replaceInMemory(mask: number, value: Local): void {
    const { f } = this.region;
    f.i32(0).i32(0).mem('i64.load', RFLAGS).i64(~mask).op('i64.and').get(value).op('i64.or').mem('i64.store', RFLAGS);
  }
  /** CF, OF or both are replaced; the others stay what the last result makes of them, and AF is worked out. */
  private replaceCarry(kind: LazyKind, mask: number, value: Local): void {
    const { f, flags } = this.region;
    const aux = this.region.temp('i64');
    if (mask & Flag.CF) f.get(value).i64(1).op('i64.and');
    else {
      this.below(kind);
      f.op('i64.extend_i32_u');
    }
    if (mask & Flag.OF) f.get(value).i64(11).op('i64.shr_u').i64(1).op('i64.and');
    else {
      this.overflow(kind);
      f.op('i64.extend_i32_u');
    }
    f.i64(1).op('i64.shl', 'i64.or');
    this.auxiliary(kind);
    f.op('i64.or').set(aux);
    f.get(aux).set(flags.aux);
    this.setOperation('explicit', this.bytes);
    this.become('explicit', this.bytes);
  }
  materialise(): void {
    this.region.spillFlags();
    this.region.f.call(this.region.imports.index('materialiseFlags'));
    this.setOperation('exact', 8);
    this.become('exact', 8);
  }

  carry(): void {
    this.condition('b');
    this.region.f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
  }
  condition(cc: Condition): void {
    const index = CONDITIONS.indexOf(cc);
    const base = CONDITIONS[index & ~1] as Base;
    if (this.kind === undefined) {
      this.region.spillFlags();
      this.region.f.call(this.region.imports.index(`test_${base}`));
    } else if (this.kind === 'exact') this.exact(base);
    else this.known(this.kind, base);
    if (index & 1) this.region.f.op('i32.eqz');
  }

  /** From RFLAGS in memory: 0 or 1. */
  private exact(base: Base): void {
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

  private known(kind: LazyKind, base: Base): void {
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
          this.top(this.region.flagA);
          this.top(flags.src);
          f.op('i64.le_u');
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
          this.top(this.region.flagA);
          this.top(flags.src);
          f.op('i64.lt_s');
          return;
        }
        this.known(kind, 's');
        if (kind === 'logic') return;
        this.overflow(kind);
        f.op('i32.ne');
        return;
      case 'le':
        if (kind === 'sub') {
          this.top(this.region.flagA);
          this.top(flags.src);
          f.op('i64.le_s');
          return;
        }
        this.known(kind, 'l');
        this.known(kind, 'e');
        f.op('i32.or');
    }
  }

  private below(kind: LazyKind): void {
    const { f, flags, flagA } = this.region;
    switch (kind) {
      case 'sub':
        this.top(flagA);
        this.top(flags.src);
        f.op('i64.lt_u');
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
  private auxiliary(kind: LazyKind): void {
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
  private overflow(kind: LazyKind): void {
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
