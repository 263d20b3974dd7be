// Lazy flags of a region: four locals, as the interpreter keeps them in memory. Where the last operation that wrote them is known, a condition is made from it
// in place; elsewhere memory has them, and the interpreter's functions answer. Loops carry no flags in locals: what an exit in the next turn may need is stored.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition, Flag } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import { type Base, type KnownKind, type LazyKind, RegionConditions } from './region-conditions';
import type { PendingFlags, RegionFunction } from './region-function';
import type { RegionNarrow } from './region-narrow';

const RFLAGS = STATE + S.rflags;
const CARRY_AND_OVERFLOW = Flag.CF | Flag.OF;

/** What a kind looks at besides the result. */
const USES: Readonly<Record<LazyKind, readonly ('src' | 'aux')[]>> = {
  sub: ['src'],
  add: ['src'],
  logic: [],
  explicit: ['aux'],
  inc: ['aux'],
  dec: ['aux'],
  adc: ['src', 'aux'],
  sbb: ['src', 'aux'],
};

const OPERANDS = ['src', 'aux'] as const;

interface Saved {
  readonly kind: KnownKind | undefined;
  readonly bytes: number;
  readonly pending: PendingFlags | undefined;
}

const operationOf = (kind: KnownKind, bytes: number): number => (kind === 'exact' ? 0 : CcKind[kind] | ((64 - bytes * 8) << 8));

export class RegionFlags {
  /** The operation whose operands the locals hold; undefined: known only when it runs. */
  private kind: KnownKind | undefined;
  private readonly conditions: RegionConditions;
  /** Blocks open around the instruction. */
  private nesting = 0;

  constructor(
    private readonly region: RegionFunction,
    private readonly narrow: RegionNarrow,
    /** Nothing looks at flags behind the instruction at hand. */
    private readonly die: () => boolean,
  ) {
    this.conditions = new RegionConditions(region);
  }
  private get bytes(): number {
    return this.conditions.bytes;
  }
  private set bytes(bytes: number) {
    this.conditions.bytes = bytes;
  }

  /** What is known now, to be put back after another path was emitted. */
  save(): Saved {
    return { kind: this.kind, bytes: this.bytes, pending: this.region.flagsPending };
  }
  restore(saved: Saved): void {
    this.kind = saved.kind;
    this.bytes = saved.bytes;
    this.region.flagsPending = saved.pending;
  }
  /** Several paths meet: memory has the flags, or nobody looks at them. */
  forget(): void {
    this.kind = undefined;
    this.region.flagsPending = undefined;
  }
  startForm(): void {
    this.nesting = this.region.f.nesting;
  }
  /** Memory has them from now on. */
  settle(): void {
    this.spill();
    this.region.flagsPending = undefined;
  }
  /** Stores them where memory does not have them; what is known stays. */
  spill(): void {
    const { kind } = this;
    const { f, flags, flagsPending } = this.region;
    if (!flagsPending) return;
    assert(kind !== undefined && kind !== 'exact', 'flags that wait are of an operation');
    this.storeKind(kind, this.bytes);
    for (const [name, offset] of [
      ['dst', S.ccDst],
      ['src', S.ccSrc],
      ['aux', S.ccAux],
    ] as const)
      if (name === 'dst' || USES[kind].includes(name))
        f.i32(0)
          .get(flags[name])
          .mem('i64.store', STATE + offset);
  }
  private storeKind(kind: KnownKind, bytes: number): void {
    this.region.f
      .i32(0)
      .i32(operationOf(kind, bytes))
      .mem('i32.store', STATE + S.ccOp);
  }

  /** What is known of flags from now on: nothing behind a path that is not always taken. */
  private become(kind: KnownKind, bytes: number): void {
    this.kind = kind;
    this.bytes = bytes;
    if (this.region.f.nesting === this.nesting) return;
    this.settle();
    this.kind = undefined;
  }
  /** The locals hold this operation. */
  private setOperation(kind: LazyKind, bytes: number): void {
    const { region } = this;
    this.assertSettled();
    region.flagsPending = { operation: operationOf(kind, bytes), unused: OPERANDS.filter((name) => !USES[kind].includes(name)) };
    this.become(kind, bytes);
  }
  private assertSettled(): void {
    const { f, flagsPending } = this.region;
    assert(f.nesting === this.nesting || !flagsPending, 'flags are settled before they are written under a condition');
  }
  /** RFLAGS in memory has them. */
  private setExact(): void {
    this.assertSettled();
    this.storeKind('exact', 8);
    this.region.flagsPending = undefined;
    this.become('exact', 8);
  }

  store(kind: LazyKind, bytes: number, r: Local, src?: Local, aux?: Local, a?: Local): void {
    const { region, narrow } = this;
    const { f, flags, flagA } = region;
    // Of operands only the low bits count, as many as `bytes` says.
    const operand = (local: Local): void => {
      if (bytes === 4) narrow.pushAny(local);
      else f.get(local);
    };
    if (a !== undefined) {
      operand(a);
      f.set(flagA);
    }
    // What this kind does not look at becomes 0 where it is stored: an operation before may have left there what is dead from now on.
    if (src !== undefined) {
      operand(src);
      f.set(flags.src);
    }
    if (aux !== undefined) f.get(aux).set(flags.aux);
    if (bytes === 4) narrow.push(r);
    else f.get(r);
    f.set(flags.dst);
    this.setOperation(kind, bytes);
  }

  replace(mask: number, value: Local): void {
    const arithmetic = mask & ARITHMETIC_FLAGS;
    const { f, imports } = this.region;
    if (mask === arithmetic && this.isDead) return;
    if (arithmetic === 0) this.replaceInMemory(mask, value);
    else if (arithmetic === ARITHMETIC_FLAGS || this.kind === 'exact') {
      this.replaceInMemory(mask, value);
      this.setExact();
    } else if (this.kind !== undefined && (mask & ~CARRY_AND_OVERFLOW) === 0) this.replaceCarry(this.kind, mask, value);
    else {
      this.settle();
      f.get(value).i32(mask).call(imports.index('replaceFlags'));
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
  }
  materialise(): void {
    this.settle();
    this.region.f.call(this.region.imports.index('materialiseFlags'));
    this.become('exact', 8);
  }

  /** To make flags anew of those in memory takes a call, which is not made for nothing. */
  private get isDead(): boolean {
    return this.kind === undefined && this.die();
  }
  /** CF as the new flags of this instruction have it, too. */
  keptCarry(): void {
    if (this.isDead) this.region.f.i64(0);
    else this.carry();
  }
  carry(): void {
    this.condition('b');
    this.region.f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
  }
  condition(cc: Condition): void {
    const index = CONDITIONS.indexOf(cc);
    const base = CONDITIONS[index & ~1] as Base;
    if (this.kind === undefined) this.region.f.call(this.region.imports.index(`test_${base}`));
    else if (this.kind === 'exact') this.conditions.exact(base);
    else this.conditions.known(this.kind, base);
    if (index & 1) this.region.f.op('i32.eqz');
  }
}
