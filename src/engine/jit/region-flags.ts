// Lazy flags of a region: four locals, as the interpreter keeps them in memory. Where the last operation that wrote them is known, a condition is made from it
// in place; elsewhere the interpreter's functions answer.
import type { Local } from '../../wasm/code';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import type { RegionFunction } from './region-function';

type Base = 'o' | 'b' | 'e' | 'be' | 's' | 'p' | 'l' | 'le';
type KnownKind = Exclude<keyof typeof CcKind, 'exact'>;

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

  store(kind: KnownKind, bytes: number, r: Local, src?: Local, aux?: Local, a?: Local): void {
    const { f, flags, flagA } = this.region;
    this.region.writeFlags();
    if (a !== undefined) f.get(a).set(flagA);
    if (src !== undefined) f.get(src).set(flags.src);
    if (aux !== undefined) f.get(aux).set(flags.aux);
    f.get(r).set(flags.dst);
    f.i32(CcKind[kind] | ((64 - bytes * 8) << 8)).set(flags.op);
    // Written on one path only: afterwards nothing is known.
    this.kind = this.region.f.nesting > this.nesting ? undefined : kind;
    this.bytes = bytes;
  }

  replace(mask: number, value: Local): void {
    const { f, imports } = this.region;
    if (mask & ARITHMETIC_FLAGS) {
      this.region.spillFlags();
      f.get(value).i32(mask).call(imports.index('replaceFlags'));
      this.region.reloadFlags();
      this.kind = undefined;
      return;
    }
    f.i32(0)
      .i32(0)
      .mem('i64.load', STATE + S.rflags)
      .i64(~mask)
      .op('i64.and')
      .get(value)
      .op('i64.or')
      .mem('i64.store', STATE + S.rflags);
  }
  materialise(): void {
    this.region.spillFlags();
    this.region.f.call(this.region.imports.index('materialiseFlags'));
    this.region.reloadFlags();
    this.kind = undefined;
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
    } else this.known(this.kind, base);
    if (index & 1) this.region.f.op('i32.eqz');
  }

  private get unused(): number {
    return 64 - this.bytes * 8;
  }
  /** Pushes a value with the operand's sign bit in bit 63. */
  private top(local: Local): void {
    this.region.f.get(local);
    if (this.unused) this.region.f.i64(this.unused).op('i64.shl');
  }

  private known(kind: KnownKind, base: Base): void {
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
        return this.below(kind);
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
        return this.overflow(kind);
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

  private below(kind: KnownKind): void {
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

  /** 0 or 1. */
  private overflow(kind: KnownKind): void {
    const { f, flags, flagA } = this.region;
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
        const first = (): void => {
          if (kind === 'sub' || kind === 'add') f.get(flagA);
          else {
            f.get(flags.dst)
              .get(flags.src)
              .op(kind === 'sbb' ? 'i64.add' : 'i64.sub');
            f.get(flags.aux).op(kind === 'sbb' ? 'i64.add' : 'i64.sub');
          }
        };
        const subtraction = kind === 'sub' || kind === 'sbb';
        first();
        f.get(subtraction ? flags.src : flags.dst).op('i64.xor');
        if (subtraction) first();
        else f.get(flags.src);
        f.get(flags.dst).op('i64.xor', 'i64.and');
        if (this.unused) f.i64(this.unused).op('i64.shl');
        f.i64(0).op('i64.lt_s');
      }
    }
  }
}
