// Doubles of usual sizes: numbers are looked at where they come in, and bounds of results follow from those of operands, so that most results need no look. The
// interpreter goes on before an instruction whose number is of another size; where that is often so, CarefulDoubles are made instead (regions.ts).
import type { Local } from '../../wasm/code';
import type { VectorOperands } from '../../x86/emit/context';
import { isPositive, isZeroExact, type Operation, type Range, resultRange, USUAL_COUNT, USUAL_FIRST, usual } from './double-ranges';
import { MxcsrLimit } from './mxcsr-limit';
import type { Known, RegionDoubles } from './region-doubles';
import type { RegionSite } from './region-site';

export class RangedDoubles {
  readonly limit: MxcsrLimit;

  constructor(
    private readonly site: RegionSite,
    private readonly numbers: RegionDoubles,
  ) {
    this.limit = new MxcsrLimit(site.region, USUAL_FIRST, USUAL_COUNT);
  }

  compute(operation: Operation, { source1, source2 }: VectorOperands, leave: () => void): { result: Local; known: Known } {
    const { numbers } = this;
    const { f } = this.site.region;
    const b = numbers.numberAt(source2);
    const a = operation === 'sqrt' ? b : numbers.numberAt(source1);
    const rangeB = this.rangeOf(source2, b, leave);
    const rangeA = a === b ? rangeB : this.rangeOf(source1, a, leave);
    const r = this.site.region.temp('f64');
    f.get(a);
    if (operation !== 'sqrt') f.get(b);
    f.op(`f64.${operation}`).set(r);
    let range = resultRange(operation, rangeA, rangeB, a === b);
    if (range === undefined) {
      const factors = operation === 'mul' ? [a, b] : [a];
      this.look(r, isZeroExact(operation, rangeA, rangeB) ? [] : factors, leave);
      range = usual(isPositive(operation, rangeA, rangeB, a === b));
    }
    return { result: r, known: { ordinary: true, range } };
  }

  private rangeOf(address: Local, value: Local, leave: () => void): Range {
    const { range } = this.numbers.knownAt(address);
    if (range) return range;
    this.look(value, [], leave);
    const found = usual(false);
    this.numbers.learn(address, { ordinary: true, range: found });
    return found;
  }
  /** Leaves unless the number is of a usual size, or zero: then, where `factors` are named, one of them must be. */
  private look(value: Local, factors: readonly Local[], leave: () => void): void {
    const { limit } = this;
    const { f } = this.site.region;
    limit.push(value, 'i64.ge_u');
    f.unlikely().if();
    f.get(value).f64(0).op('f64.ne').get(limit.local).op('i64.eqz', 'i32.or');
    if (factors.length > 0) {
      for (const factor of factors) f.get(factor).f64(0).op('f64.ne');
      if (factors.length > 1) f.op('i32.and');
      f.op('i32.or');
    }
    f.if();
    leave();
    f.end().end();
  }
}
