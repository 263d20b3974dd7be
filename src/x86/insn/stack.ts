// PUSH POP PUSHA POPA LEAVE ENTER PUSHF (SDM vol 2). POPF and POP to a segment register are system rows.
import { Gpr } from '../layout';
import { type Emit, type InsnRow, row } from './row';

const push: Emit = (c) => c.push(c.read(0), c.size);
/** POP to memory: a base of rSP counts with the pointer already moved (the decoder adds it to the displacement); the fault comes before it moves. */
const pop: Emit = (c) => {
  const value = c.peek(c.size);
  c.probe(0);
  c.adjustStack(c.size);
  c.write(0, value);
};
const leave: Emit = (c) => {
  const { f } = c;
  const frame = c.gpr(Gpr.rbp);
  const saved = c.peekAt(frame, c.size);
  f.get(frame).i64(c.size).op('i64.add');
  c.setStack(c.keep());
  c.setGpr(Gpr.rbp, c.size, saved);
};
const pushf: Emit = (c) => {
  c.materialise();
  // RF and VM are read as 0.
  c.rflags();
  c.f.i64(0xfcffff).op('i64.and');
  c.push(c.keep(), c.size);
};

const D64 = { size: 'd64' } as const;
const SREG: readonly [string, string, 'legacy' | 'all'][] = [
  ['06', 'es', 'legacy'],
  ['0E', 'cs', 'legacy'],
  ['16', 'ss', 'legacy'],
  ['1E', 'ds', 'legacy'],
  ['0F A0', 'fs', 'all'],
  ['0F A8', 'gs', 'all'],
];

export const STACK_ROWS: readonly InsnRow[] = [
  row('PUSH', '50 +r', 'o:r', { emit: push, ...D64 }),
  row('PUSH', 'FF /6', 'rm:r', { emit: push, ...D64 }),
  row('PUSH', '68 iz', 'imm', { emit: push, ...D64 }),
  row('PUSH', '6A ib', 'imms', { emit: push, ...D64 }),
  row('POP', '58 +r', 'o:w', { emit: pop, ...D64 }),
  row('POP', '8F /0', 'rm:w', { emit: pop, ...D64 }),
  row('LEAVE', 'C9', '', { emit: leave, ...D64 }),
  row('ENTER', 'C8 iw ib', 'immu, imm', { helper: 'enter', ...D64 }),
  row('PUSHA', '60', '', { helper: 'pusha', modes: 'legacy', size: 'v' }),
  row('POPA', '61', '', { helper: 'popa', modes: 'legacy', size: 'v' }),
  row('PUSHF', '9C', '', { emit: pushf, ...D64, helperInVm86: true, flags: { read: 'cpazsoditx' } }),
  ...SREG.map(([opcode, name, modes]) => row(`PUSH`, opcode, `${name}:r`, { emit: push, ...D64, modes })),
];
