// x87 instructions (SDM vol 2): arithmetic, loads, stores, comparisons, transcendental functions, with the encodings that the manual does not list but
// processors execute (APM vol 5, appendix A "x87 opcodes"). What they compute is in fpu/operations.ts.
import type { InsnContext } from '../emit/context';
import type { Condition } from '../emit/flags';
import type { FpuOperationName } from '../fpu/operations';
import { type Emit, type InsnRow, type RowMarks, row } from './row';

const x87 = (emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'x87', size: 8, emit, ...more });

/** No operand, or the top of the stack. */
const plain = (operation: FpuOperationName): RowMarks =>
  x87((c) => {
    c.fpu.wait();
    c.fpu.run(operation, { pointers: 'code' });
  });
/** ST(1) as the other operand. */
const withSecond = (operation: FpuOperationName): RowMarks =>
  x87((c) => {
    c.fpu.wait();
    c.f.i32(1);
    c.fpu.run(operation, { argument: c.keep32(), pointers: 'code' });
  });
const register = (operation: FpuOperationName): RowMarks =>
  x87((c) => {
    c.fpu.wait();
    c.fpu.run(operation, { argument: c.slot(0), pointers: 'code' });
  });
const compareFlags = (operation: FpuOperationName): RowMarks =>
  x87(
    (c) => {
      c.fpu.wait();
      c.fpu.compare(operation, c.slot(0));
    },
    { flags: { write: 'cpazso' }, feature: 'cmov' },
  );
/** The form's own size makes no difference where the operand says its bytes. */
const source = (operation: FpuOperationName, bytes: number): RowMarks => {
  const emit: Emit = (c) => {
    c.fpu.wait();
    c.fpu.run(operation, { argument: c.hostRead(0, bytes), pointers: 'data' });
  };
  return x87(emit, { memoryBytes: bytes });
};
const destination = (operation: FpuOperationName, bytes: number, feature?: string): RowMarks => {
  const emit: Emit = (c) => {
    c.fpu.wait();
    const host = c.hostWrite(0, bytes);
    c.fpu.run(operation, { argument: host, pointers: 'data', commit: host });
  };
  return x87(emit, { memoryBytes: bytes, ...(feature === undefined ? {} : { feature }) });
};
const conditionalMove = (condition: Condition): RowMarks =>
  x87(
    (c: InsnContext) => {
      c.fpu.wait();
      const i = c.slot(0);
      c.f.get(i);
      c.condition(condition);
      c.f.op('i32.eqz', 'i32.eqz').i32(3).op('i32.shl', 'i32.or');
      c.fpu.run('fcmov', { argument: c.keep32(), pointers: 'code' });
    },
    { feature: 'cmov' },
  );

/** By ModRM.reg: the six operations of D8 and their like, with comparison in between. */
const ARITHMETIC = ['add', 'mul', 'com', 'comp', 'sub', 'subr', 'div', 'divr'] as const;
const isComparison = (name: (typeof ARITHMETIC)[number]): name is 'com' | 'comp' => name === 'com' || name === 'comp';
type Memory = 'm32' | 'm64' | 'i16' | 'i32';
const MEMORY_OPCODES: readonly [string, Memory, number, string][] = [
  ['D8', 'm32', 4, 'F'],
  ['DC', 'm64', 8, 'F'],
  ['DA', 'i32', 4, 'FI'],
  ['DE', 'i16', 2, 'FI'],
];

const arithmeticRows = ARITHMETIC.flatMap((name, digit): InsnRow[] => {
  const upper = name.toUpperCase();
  const fromMemory = MEMORY_OPCODES.map(([opcode, kind, bytes, prefix]) =>
    row(`${prefix}${upper}`, `${opcode} /${digit}`, 'm:r', source(isComparison(name) ? `f${name}.${kind}` : `${name}.${kind}`, bytes)),
  );
  if (isComparison(name)) return [...fromMemory, row(`F${upper}`, `D8 /${digit}`, 'st', register(`f${name}.st`))];
  // With ST(i) as the destination the reversed forms have changed places.
  const other = digit < 4 ? digit : digit ^ 1;
  return [
    ...fromMemory,
    row(`F${upper}`, `D8 /${digit}`, 'st', register(`${name}.st0`)),
    row(`F${upper}`, `DC /${other}`, 'st', register(`${name}.sti`)),
    row(`F${upper}P`, `DE /${other}`, 'st', register(`${name}.pop`)),
  ];
});

const moveRows: readonly InsnRow[] = [
  row('FLD', 'D9 /0', 'm:r', source('fld.m32', 4)),
  row('FLD', 'DD /0', 'm:r', source('fld.m64', 8)),
  row('FLD', 'DB /5', 'm:r', source('fld.m80', 10)),
  row('FILD', 'DF /0', 'm:r', source('fld.i16', 2)),
  row('FILD', 'DB /0', 'm:r', source('fld.i32', 4)),
  row('FILD', 'DF /5', 'm:r', source('fld.i64', 8)),
  row('FBLD', 'DF /4', 'm:r', source('fld.decimal', 10)),
  row('FLD', 'D9 /0', 'st', register('fld.st')),
  row('FST', 'D9 /2', 'm:w', destination('fst.m32', 4)),
  row('FSTP', 'D9 /3', 'm:w', destination('fstp.m32', 4)),
  row('FST', 'DD /2', 'm:w', destination('fst.m64', 8)),
  row('FSTP', 'DD /3', 'm:w', destination('fstp.m64', 8)),
  row('FSTP', 'DB /7', 'm:w', destination('fstp.m80', 10)),
  row('FIST', 'DF /2', 'm:w', destination('fist.i16', 2)),
  row('FISTP', 'DF /3', 'm:w', destination('fistp.i16', 2)),
  row('FISTTP', 'DF /1', 'm:w', destination('fisttp.i16', 2, 'sse3')),
  row('FIST', 'DB /2', 'm:w', destination('fist.i32', 4)),
  row('FISTP', 'DB /3', 'm:w', destination('fistp.i32', 4)),
  row('FISTTP', 'DB /1', 'm:w', destination('fisttp.i32', 4, 'sse3')),
  row('FISTP', 'DF /7', 'm:w', destination('fistp.i64', 8)),
  row('FISTTP', 'DD /1', 'm:w', destination('fisttp.i64', 8, 'sse3')),
  row('FBSTP', 'DF /6', 'm:w', destination('fstp.decimal', 10)),
  row('FST', 'DD /2', 'st', register('fst.st')),
  row('FSTP', 'DD /3', 'st', register('fstp.st')),
  row('FXCH', 'D9 /1', 'st', register('fxch')),
  row('FFREE', 'DD /0', 'st', register('ffree')),
];

const compareRows: readonly InsnRow[] = [
  row('FCOMPP', 'DE [D9]', '', withSecond('fcompp.st')),
  row('FUCOM', 'DD /4', 'st', register('fucom.st')),
  row('FUCOMP', 'DD /5', 'st', register('fucomp.st')),
  row('FUCOMPP', 'DA [E9]', '', withSecond('fucompp.st')),
  row('FUCOMI', 'DB /5', 'st', compareFlags('fucomi')),
  row('FCOMI', 'DB /6', 'st', compareFlags('fcomi')),
  row('FUCOMIP', 'DF /5', 'st', compareFlags('fucomip')),
  row('FCOMIP', 'DF /6', 'st', compareFlags('fcomip')),
  row('FCMOVB', 'DA /0', 'st', conditionalMove('b')),
  row('FCMOVE', 'DA /1', 'st', conditionalMove('e')),
  row('FCMOVBE', 'DA /2', 'st', conditionalMove('be')),
  row('FCMOVU', 'DA /3', 'st', conditionalMove('p')),
  row('FCMOVNB', 'DB /0', 'st', conditionalMove('ae')),
  row('FCMOVNE', 'DB /1', 'st', conditionalMove('ne')),
  row('FCMOVNBE', 'DB /2', 'st', conditionalMove('a')),
  row('FCMOVNU', 'DB /3', 'st', conditionalMove('np')),
];

const D9_PLAIN: readonly [string, string, FpuOperationName][] = [
  ['FNOP', 'D0', 'fnop'],
  ['FCHS', 'E0', 'fchs'],
  ['FABS', 'E1', 'fabs'],
  ['FTST', 'E4', 'ftst'],
  ['FXAM', 'E5', 'fxam'],
  ['FLD1', 'E8', 'fld.one'],
  ['FLDL2T', 'E9', 'fld.l2t'],
  ['FLDL2E', 'EA', 'fld.l2e'],
  ['FLDPI', 'EB', 'fld.pi'],
  ['FLDLG2', 'EC', 'fld.lg2'],
  ['FLDLN2', 'ED', 'fld.ln2'],
  ['FLDZ', 'EE', 'fld.zero'],
  ['F2XM1', 'F0', 'f2xm1'],
  ['FYL2X', 'F1', 'fyl2x'],
  ['FPTAN', 'F2', 'fptan'],
  ['FPATAN', 'F3', 'fpatan'],
  ['FXTRACT', 'F4', 'fxtract'],
  ['FPREM1', 'F5', 'fprem1'],
  ['FDECSTP', 'F6', 'fdecstp'],
  ['FINCSTP', 'F7', 'fincstp'],
  ['FPREM', 'F8', 'fprem'],
  ['FYL2XP1', 'F9', 'fyl2xp1'],
  ['FSQRT', 'FA', 'fsqrt'],
  ['FSINCOS', 'FB', 'fsincos'],
  ['FRNDINT', 'FC', 'frndint'],
  ['FSCALE', 'FD', 'fscale'],
  ['FSIN', 'FE', 'fsin'],
  ['FCOS', 'FF', 'fcos'],
];

/** Aliases that no manual of Intel lists. */
const aliasRows: readonly InsnRow[] = [
  row('FCOM2', 'DC /2', 'st', register('fcom.st')),
  row('FCOMP3', 'DC /3', 'st', register('fcomp.st')),
  row('FCOMP5', 'DE /2', 'st', register('fcomp.st')),
  row('FXCH4', 'DD /1', 'st', register('fxch')),
  row('FXCH7', 'DF /1', 'st', register('fxch')),
  row('FSTPNCE', 'D9 /3', 'st', register('fstp1.st')),
  row('FSTP8', 'DF /2', 'st', register('fstp.st')),
  row('FSTP9', 'DF /3', 'st', register('fstp.st')),
  row('FFREEP', 'DF /0', 'st', register('ffreep')),
];

export const X87_ROWS: readonly InsnRow[] = [
  ...arithmeticRows,
  ...moveRows,
  ...compareRows,
  ...D9_PLAIN.map(([name, modrm, operation]) => row(name, `D9 [${modrm}]`, '', plain(operation))),
  ...aliasRows,
];
