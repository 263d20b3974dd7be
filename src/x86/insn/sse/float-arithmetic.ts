// ADD, SUB, MUL, DIV, MIN, MAX and SQRT, packed and scalar (SDM vol 2): host arithmetic where it is exactly the same, else exact in TypeScript.
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import { constant, type FloatShape, fastOr, pushFast, pushNormal, pushNormalOrZero, pushOrdinary, pushZero, SMALLEST } from './fast-float';
import { keepV128, loadLane, type Operation, type VectorInsn } from './operation';
import { scalarExtreme, scalarOperation, scalarRoot } from './scalar-arithmetic';
import { scalarDouble } from './scalar-double';

export type Binary = 'add' | 'sub' | 'mul' | 'div';
/** Pushes a mask of lanes: the host's result is the right one. Sums that are tiny are exact. */
function pushAllowed(c: InsnContext, operation: Binary, shape: FloatShape, a: Local, b: Local, r: Local): void {
  const { f } = c;
  pushNormalOrZero(c, shape, a);
  if (operation === 'div') pushNormal(c, shape, b);
  else pushNormalOrZero(c, shape, b);
  f.simd('v128.and');
  if (operation === 'add' || operation === 'sub') {
    f.get(r).simd(`${shape}.abs`);
    constant(c, shape, Number.POSITIVE_INFINITY);
    f.simd(`${shape}.lt`).simd('v128.and');
    return;
  }
  pushNormal(c, shape, r);
  pushZero(c, shape, a);
  f.simd('v128.or');
  if (operation === 'mul') {
    pushZero(c, shape, b);
    f.simd('v128.or');
  }
  f.simd('v128.and');
}
/** `sources` makes the operands of the lanes at `at`. */
export const packedBinary =
  (
    name: VectorOperation,
    operation: Binary,
    shape: FloatShape,
    sources: (c: InsnContext, a: Local, b: Local, at: number) => [Local, Local] = (c, a, b, at) => [loadLane(c, a, at), loadLane(c, b, at)],
  ): Operation =>
  (c, operands) =>
    fastOr(
      c,
      operands,
      name,
      (at) => {
        const [a, b] = sources(c, operands.source1, operands.source2, at);
        c.f.get(a).get(b).simd(`${shape}.${operation}`);
        const result = keepV128(c);
        pushAllowed(c, operation, shape, a, b, result);
        return { result, allowed: keepV128(c) };
      },
      () => pushFast(c),
    );
/** Lanes without NaNs and denormals raise nothing and round nothing; the second operand if both are zero. */
const packedExtreme =
  (name: VectorOperation, operation: 'min' | 'max', shape: FloatShape): Operation =>
  (c, operands) =>
    fastOr(c, operands, name, (at) => {
      const a = loadLane(c, operands.source1, at);
      const b = loadLane(c, operands.source2, at);
      c.f.get(b).get(a).simd(`${shape}.p${operation}`);
      const result = keepV128(c);
      pushOrdinary(c, shape, a);
      pushOrdinary(c, shape, b);
      c.f.simd('v128.and');
      return { result, allowed: keepV128(c) };
    });
const packedRoot =
  (name: VectorOperation, shape: FloatShape): Operation =>
  (c, operands) =>
    fastOr(
      c,
      operands,
      name,
      (at) => {
        const { f } = c;
        const b = loadLane(c, operands.source2, at);
        f.get(b).simd(`${shape}.sqrt`);
        const result = keepV128(c);
        f.get(b);
        constant(c, shape, SMALLEST[shape]);
        f.simd(`${shape}.ge`).get(b);
        constant(c, shape, Number.POSITIVE_INFINITY);
        f.simd(`${shape}.lt`).simd('v128.and');
        pushZero(c, shape, b);
        f.simd('v128.or');
        return { result, allowed: keepV128(c) };
      },
      () => pushFast(c),
    );

const OPCODES = [
  ['add', '58'],
  ['mul', '59'],
  ['sub', '5C'],
  ['min', '5D'],
  ['div', '5E'],
  ['max', '5F'],
  ['sqrt', '51'],
] as const;
type Arithmetic = (typeof OPCODES)[number][0];
const FORMS = [
  ['ps', 'NP', 16, 'sse'],
  ['pd', '66', 16, 'sse2'],
  ['ss', 'F3', 4, 'sse'],
  ['sd', 'F2', 8, 'sse2'],
] as const;

function operationOf(operation: Arithmetic, suffix: 'ps' | 'pd' | 'ss' | 'sd'): Operation {
  const name = `${operation}${suffix}` as const;
  const isPacked = suffix.startsWith('p');
  const shape = suffix.endsWith('s') ? 'f32x4' : 'f64x2';
  const type = suffix.endsWith('s') ? 'f32' : 'f64';
  switch (operation) {
    case 'min':
    case 'max':
      return isPacked ? packedExtreme(name, operation, shape) : scalarExtreme(name, operation, type);
    case 'sqrt':
      return isPacked ? packedRoot(name, shape) : scalarRoot(name, type);
    case 'div':
      return isPacked ? packedBinary(name, operation, shape) : scalarOperation(name, operation, type);
    default:
      if (isPacked) return packedBinary(name, operation, shape);
      return type === 'f64' ? scalarDouble(name, operation) : scalarOperation(name, operation, type);
  }
}

export const FLOAT_ARITHMETIC: readonly VectorInsn[] = OPCODES.flatMap(([operation, opcode]) =>
  FORMS.map(
    ([suffix, prefix, memory, feature]): VectorInsn => ({
      name: `${operation}${suffix}`.toUpperCase(),
      encoding: `${prefix} 0F ${opcode}`,
      feature,
      run: operationOf(operation, suffix),
      // The scalar square root has two operands in its legacy form, three (the first for what is above) in its VEX form.
      destination: operation === 'sqrt' && memory === 16 ? 'w' : 'rw',
      memory,
      ...(memory === 16 ? { wide: 'avx' } : {}),
    }),
  ),
);
