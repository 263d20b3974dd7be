// Doubles of any size: each operand and result is asked whether it is normal or zero, and TypeScript works out what is not.
import type { Local } from '../../wasm/code';
import type { VectorOperands } from '../../x86/emit/context';
import type { VectorOperation } from '../../x86/simd/operations';
import type { Operation } from './double-ranges';
import { MxcsrLimit } from './mxcsr-limit';
import type { RegionCalls } from './region-calls';
import type { Known, RegionDoubles } from './region-doubles';
import type { RegionSite } from './region-site';

const NORMAL_FIRST = 1;
const NORMAL_COUNT = 0x7fe;
const ORDINARY: Known = { ordinary: true, range: undefined };

export class CarefulDoubles {
  /** Not 0: all numbers that are said to be ordinary are. */
  readonly limit: MxcsrLimit;

  constructor(
    private readonly site: RegionSite,
    private readonly calls: RegionCalls,
    private readonly numbers: RegionDoubles,
  ) {
    this.limit = new MxcsrLimit(site.region, NORMAL_FIRST, NORMAL_COUNT);
  }

  private pushZero(value: Local): void {
    this.site.region.f.get(value).f64(0).op('f64.eq');
  }

  compute(name: VectorOperation, operation: Operation, operands: VectorOperands): { result: Local; known: Known } {
    const { numbers } = this;
    const { f } = this.site.region;
    const { destination, source1, source2 } = operands;
    const b = numbers.numberAt(source2);
    const a = operation === 'sqrt' ? b : numbers.numberAt(source1);
    const limit = this.limit.local;
    const r = this.site.region.temp('f64');
    f.get(a);
    if (operation !== 'sqrt') f.get(b);
    f.op(`f64.${operation}`).set(r);

    const unknown = [...new Set([a, b])].filter((value) => !numbers.knownAt(value === b ? source2 : source1).ordinary);
    // A branch for each: what none takes costs less than one value made of two.
    const done = f.block();
    const doubtful = f.block();
    for (const value of [r, ...unknown]) {
      this.limit.push(value, 'i64.ge_u');
      f.unlikely().brIf(doubtful);
    }
    f.br(done).end();
    this.pushZeroResult(operation, a, b, r);
    f.get(limit).i64(0).op('i64.ne', 'i32.and');
    for (const value of unknown) {
      this.limit.push(value);
      this.pushZero(value);
      f.op('i32.or', 'i32.and');
    }
    f.op('i32.eqz').if();
    this.calls.vector(name, operands);
    f.get(destination).mem('f64.load').set(r);
    // It may be anything: TypeScript does the rest of this block.
    f.i64(0).set(limit);
    f.end().end();

    for (const source of [source1, source2]) if (!numbers.knownAt(source).ordinary) numbers.learn(source, ORDINARY);
    return { result: r, known: ORDINARY };
  }
  /** Pushes an i32: the result is what zeros make, or normal where an operand is zero. Sums that are zero are exact. */
  private pushZeroResult(operation: Operation, a: Local, b: Local, r: Local): void {
    const { f } = this.site.region;
    this.limit.push(r);
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
}
