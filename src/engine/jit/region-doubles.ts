// Doubles of a region: what XMM registers have in their low halves is kept in locals beside memory, so that a calculation does not wait for its own stores, and
// what is known of a number is not asked again in the same block. Memory is always true; what is remembered may be dropped.
import type { Local } from '../../wasm/code';
import type { DoubleContext, VectorOperands } from '../../x86/emit/context';
import type { VectorOperation } from '../../x86/simd/operations';
import { vectorSlot } from '../slots';
import { CarefulDoubles } from './careful-doubles';
import type { Operation, Range } from './double-ranges';
import { RangedDoubles } from './ranged-doubles';
import type { RegionCalls } from './region-calls';
import type { RegionSite } from './region-site';

/** Of the number that a local has. */
export interface Known {
  /** It is normal or zero where CarefulDoubles' limit is not 0. */
  readonly ordinary: boolean;
  /** It is, and within this; undefined: that is not known. */
  readonly range: Range | undefined;
}
const NOTHING: Known = { ordinary: false, range: undefined };

interface Saved {
  /** By slot. */
  readonly numbers: ReadonlyMap<number, Known>;
  readonly careful: boolean;
  readonly ranged: boolean;
}

/** The way to the interpreter before the instruction at hand, undefined where there is none. */
export type Leave = ((why: string) => void) | undefined;

export class RegionDoubles implements DoubleContext {
  private numbers = new Map<number, Known>();
  private readonly locals = new Map<number, Local>();
  private readonly careful: CarefulDoubles;
  private readonly ranged: RangedDoubles;
  /** Slots of registers whose addresses the instruction has taken. */
  private readonly taken = new Map<Local, number>();
  private handled = false;

  constructor(
    private readonly site: RegionSite,
    calls: RegionCalls,
    private readonly leaveFor: () => Leave,
    /** Slots of registers that the region calculates with. */
    private readonly scalars: ReadonlySet<number>,
  ) {
    this.careful = new CarefulDoubles(site, calls, this);
    this.ranged = new RangedDoubles(site, this);
  }

  save(): Saved {
    return { numbers: new Map(this.numbers), careful: this.careful.limit.isSet, ranged: this.ranged.limit.isSet };
  }
  restore({ numbers, careful, ranged }: Saved): void {
    this.numbers = new Map(numbers);
    this.careful.limit.isSet = careful;
    this.ranged.limit.isSet = ranged;
  }
  forget(): void {
    this.restore({ numbers: new Map(), careful: false, ranged: false });
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
  numberAt(address: Local): Local {
    const { region } = this.site;
    const slot = this.taken.get(address);
    if (slot !== undefined && this.numbers.has(slot)) return this.localOf(slot);
    const local = slot === undefined ? region.temp('f64') : this.localOf(slot);
    region.f.get(address).mem('f64.load').set(local);
    if (slot !== undefined) this.numbers.set(slot, NOTHING);
    return local;
  }
  knownAt(address: Local): Known {
    const slot = this.taken.get(address);
    return (slot !== undefined ? this.numbers.get(slot) : undefined) ?? NOTHING;
  }
  /** Of a register's number. */
  learn(address: Local, known: Known): void {
    const slot = this.taken.get(address);
    if (slot !== undefined && this.numbers.has(slot)) this.numbers.set(slot, known);
  }
  private become(address: Local, value: Local, known: Known): void {
    const { f } = this.site.region;
    const slot = this.taken.get(address);
    if (slot === undefined) return;
    const local = this.localOf(slot);
    if (local !== value) f.get(value).set(local);
    this.numbers.set(slot, known);
  }

  compute(name: VectorOperation, operation: Operation, operands: VectorOperands): void {
    const { f } = this.site.region;
    const { destination, source1 } = operands;
    this.handled = true;
    const leave = this.leaveFor();
    const { result, known } = leave
      ? this.ranged.compute(operation, operands, () => leave('unusual number'))
      : this.careful.compute(name, operation, operands);
    if (destination !== source1) f.get(destination).get(source1).mem('i64.load', 8).mem('i64.store', 8);
    f.get(destination).get(result).mem('f64.store');
    this.become(destination, result, known);
  }

  /** All 16 bytes of a register or of memory become a register's. */
  whole(destination: Local, source: Local): void {
    const { f } = this.site.region;
    this.handled = true;
    const from = this.taken.get(source);
    const to = this.taken.get(destination);
    if (from === undefined || !(this.numbers.has(from) || this.scalars.has(from) || this.scalars.has(to!))) {
      f.get(destination).get(source).simdMem('v128.load').simdMem('v128.store');
      if (to !== undefined) this.numbers.delete(to);
      return;
    }
    // By halves: a load of what was just stored in halves would wait for both stores, here or where the copy is used.
    f.get(destination).get(source).mem('i64.load', 8).mem('i64.store', 8);
    this.low(destination, source);
  }
  /** The low double of a register or of memory becomes a register's. */
  low(destination: Local, source: Local): void {
    const { f } = this.site.region;
    this.handled = true;
    const value = this.numberAt(source);
    f.get(destination).get(value).mem('f64.store');
    this.become(destination, value, this.knownAt(source));
  }
  /** Stores a register's low double in memory. */
  store(host: Local, source: Local): void {
    this.handled = true;
    const value = this.numberAt(source);
    this.site.region.f.get(host).get(value).mem('f64.store');
  }
}
