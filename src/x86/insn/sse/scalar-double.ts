// ADDSD, SUBSD, MULSD: hot handlers, whose code is measured (host arithmetic where it is exactly the same, else exact in TypeScript).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import { pushFast } from './fast-float';
import type { Operation } from './operation';

/** Pushes an i32: the double's bits are those of a normal number. */
function isNormal(c: InsnContext, bits: Local): void {
  c.f.get(bits).i64(1).op('i64.shl').i64(0x0020_0000_0000_0000n).op('i64.sub').i64(0xffc0_0000_0000_0000n).op('i64.lt_u');
}
function isNormalOrZero(c: InsnContext, bits: Local): void {
  isNormal(c, bits);
  c.f.get(bits).i64(1).op('i64.shl', 'i64.eqz', 'i32.or');
}

export const scalarDouble =
  (name: VectorOperation, operation: 'add' | 'sub' | 'mul'): Operation =>
  (c, operands) => {
    const { f } = c;
    const { destination, source1, source2 } = operands;
    if (c.doubles) {
      c.doubles.compute(name, operation, operands);
      return;
    }
    f.get(source2).mem('i64.load');
    const b = c.keep();
    f.get(source1).mem('i64.load');
    const a = c.keep();
    f.get(a).op('f64.reinterpret_i64').get(b).op('f64.reinterpret_i64').op(`f64.${operation}`, 'i64.reinterpret_f64');
    const r = c.keep();
    pushFast(c);
    isNormalOrZero(c, b);
    f.op('i32.and');
    isNormalOrZero(c, a);
    f.op('i32.and');
    isNormal(c, r);
    f.op('i32.and').if();
    if (destination !== source1) f.get(destination).get(source1).simdMem('v128.load').simdMem('v128.store');
    f.get(destination).get(r).mem('i64.store');
    f.else();
    c.vector(name, operands);
    f.end();
  };
