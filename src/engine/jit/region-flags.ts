// Lazy flags of a region: four locals, as the interpreter keeps them in memory. Where the last operation that wrote them is known, a condition is made from it
// in place; elsewhere the interpreter's functions answer.
import type { Local } from '../../wasm/code';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition, Flag } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import { type Base, type KnownKind, type LazyKind, RegionConditions } from './region-conditions';
import type { RegionFunction } from './region-function';

const RFLAGS = STATE + S.rflags;
const CARRY_AND_OVERFLOW = Flag.CF | Flag.OF;

export class RegionFlags {
  /** The operation whose operands the locals hold; undefined: known only when it runs. */
  private kind: KnownKind | undefined;
  private readonly conditions: RegionConditions;
  /** Blocks open around the instruction. */
  private nesting = 0;

  constructor(private readonly region: RegionFunction) {
    this.conditions = new RegionConditions(region);
  }
  private get bytes(): number {
    return this.conditions.bytes;
  }
  private set bytes(bytes: number) {
    this.conditions.bytes = bytes;
  }

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
    const { f, flags } = this.region;
    f.i32(kind === 'exact' ? 0 : CcKind[kind] | ((64 - bytes * 8) << 8)).set(flags.op);
    if (kind === 'exact') for (const operand of [flags.dst, flags.src, flags.aux]) f.i64(0).set(operand);
  }

  store(kind: LazyKind, bytes: number, r: Local, src?: Local, aux?: Local, a?: Local): void {
    const { f, flags, flagA } = this.region;
    if (a !== undefined) f.get(a).set(flagA);
    // What this kind does not look at becomes 0, so that what an operation before left there is dead: the work of a shift's flags, above all.
    (src === undefined ? f.i64(0) : f.get(src)).set(flags.src);
    (aux === undefined ? f.i64(0) : f.get(aux)).set(flags.aux);
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
      this.conditions.below(kind);
      f.op('i64.extend_i32_u');
    }
    if (mask & Flag.OF) f.get(value).i64(11).op('i64.shr_u').i64(1).op('i64.and');
    else {
      this.conditions.overflow(kind);
      f.op('i64.extend_i32_u');
    }
    f.i64(1).op('i64.shl', 'i64.or');
    this.conditions.auxiliary(kind);
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
    } else if (this.kind === 'exact') this.conditions.exact(base);
    else this.conditions.known(this.kind, base);
    if (index & 1) this.region.f.op('i32.eqz');
  }
}
