// Scalar arithmetic on one single or double, but for the hot ones of doubles.
import type { VectorOperation } from '../../simd/operations';
import { pushFast } from './fast-float';
import {
  keepScalar,
  loadScalar,
  pushNumber,
  pushScalarNormal,
  pushScalarOrdinary,
  pushScalarZero,
  type Scalar,
  scalarOr,
} from './fast-scalar';
import type { Operation } from './operation';

/** As packed ones (float-arithmetic.ts): tiny sums are exact, other results must be normal or an operand zero. */
export const scalarOperation =
  (name: VectorOperation, operation: 'add' | 'sub' | 'mul' | 'div', type: Scalar): Operation =>
  (c, operands) => {
    const { f } = c;
    if (type === 'f64' && c.doubles) {
      c.doubles.compute(name, operation, operands);
      return;
    }
    c.settleFlags();
    const a = loadScalar(c, type, operands.source1);
    const b = loadScalar(c, type, operands.source2);
    f.get(a).get(b).op(`${type}.${operation}`);
    const r = keepScalar(c, type);
    pushFast(c);
    for (const value of [a, b]) {
      pushScalarNormal(c, type, value);
      if (value !== b || operation !== 'div') {
        pushScalarZero(c, type, value);
        f.op('i32.or');
      }
      f.op('i32.and');
    }
    if (operation === 'add' || operation === 'sub') {
      f.get(r).op(`${type}.abs`);
      pushNumber(c, type, Number.POSITIVE_INFINITY);
      f.op(`${type}.lt`);
    } else {
      pushScalarNormal(c, type, r);
      pushScalarZero(c, type, a);
      f.op('i32.or');
      if (operation === 'mul') {
        pushScalarZero(c, type, b);
        f.op('i32.or');
      }
    }
    f.op('i32.and');
    scalarOr(c, operands, name, type, r);
  };
export const scalarExtreme =
  (name: VectorOperation, operation: 'min' | 'max', type: Scalar): Operation =>
  (c, operands) => {
    const { f } = c;
    c.settleFlags();
    const a = loadScalar(c, type, operands.source1);
    const b = loadScalar(c, type, operands.source2);
    f.get(a)
      .get(b)
      .get(a)
      .get(b)
      .op(operation === 'min' ? `${type}.lt` : `${type}.gt`, 'select');
    const r = keepScalar(c, type);
    pushScalarOrdinary(c, type, a);
    pushScalarOrdinary(c, type, b);
    f.op('i32.and');
    scalarOr(c, operands, name, type, r);
  };
export const scalarRoot =
  (name: VectorOperation, type: Scalar): Operation =>
  (c, operands) => {
    const { f } = c;
    if (type === 'f64' && c.doubles) {
      c.doubles.compute(name, 'sqrt', operands);
      return;
    }
    c.settleFlags();
    const b = loadScalar(c, type, operands.source2);
    f.get(b).op(`${type}.sqrt`);
    const r = keepScalar(c, type);
    pushFast(c);
    // Normal, and so is its root only if it is positive; or zero.
    pushScalarNormal(c, type, b);
    pushScalarNormal(c, type, r);
    f.op('i32.and');
    pushScalarZero(c, type, b);
    f.op('i32.or', 'i32.and');
    scalarOr(c, operands, name, type, r);
  };
