// ADD, SUB, MUL, DIV, MIN, MAX and SQRT, packed and scalar (SDM vol 2): host arithmetic where it is exactly the same, else exact in TypeScript.
import type { Local } from '../../../wasm/code';
import type { PlainOp } from '../../../wasm/opcodes';
import type { InsnContext } from '../../emit/context';
import { S, STATE } from '../../layout';
import type { VectorOperation } from '../../simd/operations';
import { inTypeScript, type Operation, type VectorInsn } from './operation';

const FAST_MXCSR = 0x1fa0;
/** All exceptions masked, rounding to nearest, no FTZ or DAZ, precision flag already set. */
function fastFloat(c: InsnContext): void {
  c.f
    .i32(0)
    .mem('i32.load', STATE + S.mxcsr)
    .i32(0xffe0)
    .op('i32.and')
    .i32(FAST_MXCSR)
    .op('i32.eq');
}
/** Pushes an i32: the double's bits are those of a normal number. */
function isNormal(c: InsnContext, bits: Local): void {
  c.f.get(bits).i64(1).op('i64.shl').i64(0x0020_0000_0000_0000n).op('i64.sub').i64(0xffc0_0000_0000_0000n).op('i64.lt_u');
}
function isNormalOrZero(c: InsnContext, bits: Local): void {
  isNormal(c, bits);
  c.f.get(bits).i64(1).op('i64.shl', 'i64.eqz', 'i32.or');
}

const scalarDouble =
  (operation: VectorOperation, op: PlainOp): Operation =>
  (c, operands) => {
    const { f } = c;
    const { destination, source1, source2 } = operands;
    const unary = op === 'f64.sqrt';
    f.get(source2).mem('i64.load');
    const b = c.keep();
    f.get(source1).mem('i64.load');
    const a = c.keep();
    if (!unary) f.get(a).op('f64.reinterpret_i64');
    f.get(b).op('f64.reinterpret_i64').op(op).op('i64.reinterpret_f64');
    const r = c.keep();
    fastFloat(c);
    isNormalOrZero(c, b);
    f.op('i32.and');
    if (!unary) {
      isNormalOrZero(c, a);
      f.op('i32.and');
    }
    isNormal(c, r);
    f.op('i32.and').if();
    if (destination !== source1) f.get(destination).get(source1).simdMem('v128.load').simdMem('v128.store');
    f.get(destination).get(r).mem('i64.store');
    f.else();
    c.vector(operation, operands);
    f.end();
  };

const FLOATS: readonly [string, string, PlainOp | undefined][] = [
  ['add', '58', 'f64.add'],
  ['mul', '59', 'f64.mul'],
  ['sub', '5C', 'f64.sub'],
  ['min', '5D', undefined],
  ['div', '5E', 'f64.div'],
  ['max', '5F', undefined],
  ['sqrt', '51', 'f64.sqrt'],
];
const FORMS = [
  ['ps', 'NP', 16, 'sse'],
  ['pd', '66', 16, 'sse2'],
  ['ss', 'F3', 4, 'sse'],
  ['sd', 'F2', 8, 'sse2'],
] as const;

export const FLOAT_ARITHMETIC: readonly VectorInsn[] = FLOATS.flatMap(([operation, opcode, op]) =>
  FORMS.map(([suffix, prefix, memory, feature]): VectorInsn => {
    const name = `${operation}${suffix}` as VectorOperation;
    return {
      name: name.toUpperCase(),
      encoding: `${prefix} 0F ${opcode}`,
      feature,
      run: op && suffix === 'sd' ? scalarDouble(name, op) : inTypeScript(name),
      // The scalar square root has two operands in its legacy form, three (the first for what is above) in its VEX form.
      destination: operation === 'sqrt' && memory === 16 ? 'w' : 'rw',
      memory,
      ...(memory === 16 ? { wide: 'avx' } : {}),
    };
  }),
);
