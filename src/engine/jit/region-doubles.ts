// Doubles of a region: what XMM registers have in their low halves is kept in locals beside memory, so that a calculation does not wait for its own stores, and
// what is known of a number (normal or zero) and of MXCSR is not asked again in the same block. Memory is always true; what is remembered may be dropped.
import type { Local } from '../../wasm/code';
import type { DoubleContext, VectorOperands } from '../../x86/emit/context';
import { S, STATE } from '../../x86/layout';
import type { VectorOperation } from '../../x86/simd/operations';
import { vectorSlot } from '../slots';
import type { RegionCalls } from './region-calls';
import type { RegionSite } from './region-site';

/** Control bits and the precision flag of MXCSR, and what they are where host arithmetic is right: masked, to nearest, no FTZ or DAZ, flag already set. */
const MXCSR_CONTROL = 0xffe0;
const MXCSR_FAST = 0x1fa0;
/** Biased exponents of normal numbers, less one, are below this. */
const NORMAL = 0x7fe;

type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

interface Known {
  /** By slot: the number is in its local, and is normal or zero unless `limit` is 0. */
  readonly numbers: ReadonlyMap<number, boolean>;
  readonly limit: boolean;
}

export class RegionDoubles implements DoubleContext {
  private numbers = new Map<number, boolean>();
  private readonly locals = new Map<number, Local>();
  /** An i32: NORMAL where MXCSR allows host arithmetic and all numbers that are said to be normal or zero are; else 0. */
  private limit: Local | undefined;
  private limitKnown = false;
  /** Slots of registers whose addresses the instruction has taken. */
  private readonly taken = new Map<Local, number>();
  private handled = false;

  constructor(
    private readonly site: RegionSite,
    private readonly calls: RegionCalls,
  ) {}

  save(): Known {
    return { numbers: new Map(this.numbers), limit: this.limitKnown };
  }
  restore({ numbers, limit }: Known): void {
    this.numbers = new Map(numbers);
    this.limitKnown = limit;
  }
  forget(): void {
    this.numbers.clear();
    this.limitKnown = false;
  }

  startForm(): void {
    this.taken.clear();
    this.handled = false;
  }
  take(address: Local, slot: number): void {
    this.taken.set(address, slot);
  }
  /** What an instruction that knows nothing of this may have written: registers that it names, and XMM0, which some do not name; one that names none, all. */
  endForm(): void {
    if (this.handled || !this.site.form.vectors) return;
    if (this.taken.size === 0) this.numbers.clear();
    for (const slot of this.taken.values()) this.numbers.delete(slot);
    this.numbers.delete(vectorSlot(0));
  }

  private localOf(slot: number): Local {
    const known = this.locals.get(slot);
    if (known !== undefined) return known;
    const local = this.site.region.f.local('f64');
    this.locals.set(slot, local);
    return local;
  }
  /** The low double at an address. A register's is remembered. */
  private numberAt(address: Local): Local {
    const { region } = this.site;
    const slot = this.taken.get(address);
    if (slot !== undefined && this.numbers.has(slot)) return this.localOf(slot);
    const local = slot === undefined ? region.temp('f64') : this.localOf(slot);
    region.f.get(address).mem('f64.load').set(local);
    if (slot !== undefined) this.numbers.set(slot, false);
    return local;
  }
  private isOrdinary(address: Local): boolean {
    const slot = this.taken.get(address);
    return slot !== undefined && this.numbers.get(slot) === true;
  }
  private become(address: Local, value: Local, ordinary: boolean): void {
    const { f } = this.site.region;
    const slot = this.taken.get(address);
    if (slot === undefined) return;
    const local = this.localOf(slot);
    if (local !== value) f.get(value).set(local);
    this.numbers.set(slot, ordinary);
  }

  private theLimit(): Local {
    const { f } = this.site.region;
    this.limit ??= f.local('i32');
    if (this.limitKnown) return this.limit;
    this.limitKnown = true;
    f.i32(NORMAL).i32(0);
    f.i32(0)
      .mem('i32.load', STATE + S.mxcsr)
      .i32(MXCSR_CONTROL)
      .op('i32.and')
      .i32(MXCSR_FAST)
      .op('i32.eq', 'select')
      .set(this.limit);
    return this.limit;
  }
  /** Pushes an i32: the number is normal, and host arithmetic is allowed; or the opposite of that. */
  private pushNormal(value: Local, limit: Local, comparison: 'i32.lt_u' | 'i32.ge_u' = 'i32.lt_u'): void {
    const { f } = this.site.region;
    f.get(value).op('i64.reinterpret_f64').i64(52).op('i64.shr_u', 'i32.wrap_i64').i32(0x7ff).op('i32.and');
    f.i32(1).op('i32.sub').get(limit).op(comparison);
  }
  private pushZero(value: Local): void {
    this.site.region.f.get(value).f64(0).op('f64.eq');
  }

  compute(name: VectorOperation, operation: Operation, operands: VectorOperands): void {
    const { f } = this.site.region;
    const { destination, source1, source2 } = operands;
    this.handled = true;
    const b = this.numberAt(source2);
    const a = operation === 'sqrt' ? b : this.numberAt(source1);
    const limit = this.theLimit();
    const r = this.site.region.temp('f64');
    f.get(a);
    if (operation !== 'sqrt') f.get(b);
    f.op(`f64.${operation}`).set(r);

    const unknown = [...new Set([a, b])].filter((value) => !this.isOrdinary(value === b ? source2 : source1));
    // A branch for each: what none takes costs less than one value made of two.
    const done = f.block();
    const doubtful = f.block();
    for (const value of [r, ...unknown]) {
      this.pushNormal(value, limit, 'i32.ge_u');
      f.unlikely().brIf(doubtful);
    }
    f.br(done).end();
    this.pushZeroResult(operation, a, b, r);
    f.get(limit).i32(0).op('i32.ne', 'i32.and');
    for (const value of unknown) {
      this.pushNormal(value, limit);
      this.pushZero(value);
      f.op('i32.or', 'i32.and');
    }
    f.op('i32.eqz').if();
    this.calls.vector(name, operands);
    f.get(destination).mem('f64.load').set(r);
    // It may be anything: TypeScript does the rest of this block.
    f.i32(0).set(limit);
    f.end().end();

    if (destination !== source1) f.get(destination).get(source1).mem('i64.load', 8).mem('i64.store', 8);
    f.get(destination).get(r).mem('f64.store');
    for (const source of [source1, source2]) {
      const slot = this.taken.get(source);
      if (slot !== undefined && this.numbers.has(slot)) this.numbers.set(slot, true);
    }
    this.become(destination, r, true);
  }
  /** Pushes an i32: the result is what zeros make, or normal where an operand is zero. Sums that are zero are exact. */
  private pushZeroResult(operation: Operation, a: Local, b: Local, r: Local): void {
    const { f } = this.site.region;
    f.get(r).op('i64.reinterpret_f64').i64(52).op('i64.shr_u', 'i32.wrap_i64').i32(0x7ff).op('i32.and');
    f.i32(1).op('i32.sub').i32(NORMAL).op('i32.lt_u');
    this.pushZero(r);
    if (operation === 'mul' || operation === 'div' || operation === 'sqrt') {
      this.pushZero(a);
      if (operation === 'mul') {
        this.pushZero(b);
        f.op('i32.or');
      }
      f.op('i32.and');
    }
    f.op('i32.or');
  }

  /** All 16 bytes of a register or of memory become a register's. */
  whole(destination: Local, source: Local): void {
    const { f } = this.site.region;
    this.handled = true;
    const from = this.taken.get(source);
    const to = this.taken.get(destination);
    if (from === undefined || !this.numbers.has(from)) {
      f.get(destination).get(source).simdMem('v128.load').simdMem('v128.store');
      if (to !== undefined) this.numbers.delete(to);
      return;
    }
    // By halves: a load of what was just stored in halves would wait for both stores.
    f.get(destination).get(source).mem('i64.load', 8).mem('i64.store', 8);
    this.low(destination, source);
  }
  /** The low double of a register or of memory becomes a register's. */
  low(destination: Local, source: Local): void {
    const { f } = this.site.region;
    this.handled = true;
    const value = this.numberAt(source);
    f.get(destination).get(value).mem('f64.store');
    this.become(destination, value, this.isOrdinary(source));
  }
  /** Stores a register's low double in memory. */
  store(host: Local, source: Local): void {
    this.handled = true;
    const value = this.numberAt(source);
    this.site.region.f.get(host).get(value).mem('f64.store');
  }
}
