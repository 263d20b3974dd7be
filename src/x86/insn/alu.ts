// ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NEG NOT (SDM vol 2).
import type { PlainOp } from '../../wasm/opcodes';
import type { InsnContext } from '../emit/context';
import { ARITH, type Emit, type FlagUse, type InsnRow, LOGIC, row } from './row';

const binary =
  (op: PlainOp, flags: (c: InsnContext, a: number, b: number, r: number) => void, keepResult = true): Emit =>
  (c) => {
    const a = keepResult ? c.readModify(0) : c.read(0);
    const b = c.read(1);
    c.f.get(a).get(b).op(op);
    const r = c.keep();
    flags(c, a, b, r);
    if (keepResult) c.write(0, r);
  };

const withCarry =
  (op: 'i64.add' | 'i64.sub'): Emit =>
  (c) => {
    const a = c.readModify(0);
    const b = c.read(1);
    c.carry();
    const carry = c.keep();
    c.f.get(a).get(b).op(op).get(carry).op(op);
    const r = c.keep();
    if (op === 'i64.add') c.flagsAdc(b, r, carry);
    else c.flagsSbb(b, r, carry);
    c.write(0, r);
  };

const logic = (op: PlainOp, keepResult = true): Emit => binary(op, (c, _a, _b, r) => c.flagsLogic(r), keepResult);

interface Alu {
  name: string;
  emit: Emit;
  flags: FlagUse;
}
const sub = (keepResult: boolean): Emit => binary('i64.sub', (c, a, b, r) => c.flagsSub(a, b, r), keepResult);

/** In the order of the opcode's bits 5:3. */
const ALU: readonly Alu[] = [
  { name: 'ADD', emit: binary('i64.add', (c, a, b, r) => c.flagsAdd(a, b, r)), flags: ARITH },
  { name: 'OR', emit: logic('i64.or'), flags: LOGIC },
  { name: 'ADC', emit: withCarry('i64.add'), flags: { read: 'c', ...ARITH } },
  { name: 'SBB', emit: withCarry('i64.sub'), flags: { read: 'c', ...ARITH } },
  { name: 'AND', emit: logic('i64.and'), flags: LOGIC },
  { name: 'SUB', emit: sub(true), flags: ARITH },
  { name: 'XOR', emit: logic('i64.xor'), flags: LOGIC },
  { name: 'CMP', emit: sub(false), flags: ARITH },
];

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

const aluRows = ALU.flatMap(({ name, emit, flags }, n): InsnRow[] => {
  const access = name === 'CMP' ? 'r' : 'rw';
  const lock = name !== 'CMP';
  const locked = { emit, flags, lock };
  const plain = { emit, flags };
  return [
    row(name, `${hex(n * 8)} /r`, `rm8:${access}, r8:r`, locked),
    row(name, `${hex(n * 8 + 1)} /r`, `rmv:${access}, rv:r`, locked),
    row(name, `${hex(n * 8 + 2)} /r`, `r8:${access}, rm8:r`, plain),
    row(name, `${hex(n * 8 + 3)} /r`, `rv:${access}, rmv:r`, plain),
    row(name, `${hex(n * 8 + 4)} ib`, `a8:${access}, imm`, plain),
    row(name, `${hex(n * 8 + 5)} iz`, `av:${access}, imm`, plain),
    row(name, `80 /${n} ib`, `rm8:${access}, imm`, locked),
    row(name, `81 /${n} iz`, `rmv:${access}, imm`, locked),
    row(name, `82 /${n} ib`, `rm8:${access}, imm`, { ...locked, modes: 'legacy' }),
    row(name, `83 /${n} ib`, `rmv:${access}, imms`, locked),
  ];
});

const test = logic('i64.and', false);
const testRows: InsnRow[] = [
  row('TEST', '84 /r', 'rm8:r, r8:r', { emit: test, flags: LOGIC }),
  row('TEST', '85 /r', 'rmv:r, rv:r', { emit: test, flags: LOGIC }),
  row('TEST', 'A8 ib', 'a8:r, imm', { emit: test, flags: LOGIC }),
  row('TEST', 'A9 iz', 'av:r, imm', { emit: test, flags: LOGIC }),
  ...[0, 1].flatMap((n) => [
    row('TEST', `F6 /${n} ib`, 'rm8:r, imm', { emit: test, flags: LOGIC }),
    row('TEST', `F7 /${n} iz`, 'rmv:r, imm', { emit: test, flags: LOGIC }),
  ]),
];

const step =
  (op: 'i64.add' | 'i64.sub'): Emit =>
  (c) => {
    const a = c.readModify(0);
    c.carry();
    const carry = c.keep();
    c.f.get(a).i64(1).op(op);
    const r = c.keep();
    if (op === 'i64.add') c.flagsInc(r, carry);
    else c.flagsDec(r, carry);
    c.write(0, r);
  };
const neg: Emit = (c) => {
  const b = c.readModify(0);
  c.f.i64(0);
  const zero = c.keep();
  c.f.get(zero).get(b).op('i64.sub');
  const r = c.keep();
  c.flagsSub(zero, b, r);
  c.write(0, r);
};
const not: Emit = (c) => {
  const a = c.readModify(0);
  c.f.get(a).i64(-1).op('i64.xor');
  c.write(0, c.keep());
};

const INC_FLAGS: FlagUse = { write: 'pazso' };
const unaryRows: InsnRow[] = [
  row('INC', 'FE /0', 'rm8:rw', { emit: step('i64.add'), flags: INC_FLAGS, lock: true }),
  row('INC', 'FF /0', 'rmv:rw', { emit: step('i64.add'), flags: INC_FLAGS, lock: true }),
  row('INC', '40 +r', 'ov:rw', { emit: step('i64.add'), flags: INC_FLAGS, modes: 'legacy' }),
  row('DEC', 'FE /1', 'rm8:rw', { emit: step('i64.sub'), flags: INC_FLAGS, lock: true }),
  row('DEC', 'FF /1', 'rmv:rw', { emit: step('i64.sub'), flags: INC_FLAGS, lock: true }),
  row('DEC', '48 +r', 'ov:rw', { emit: step('i64.sub'), flags: INC_FLAGS, modes: 'legacy' }),
  row('NEG', 'F6 /3', 'rm8:rw', { emit: neg, flags: ARITH, lock: true }),
  row('NEG', 'F7 /3', 'rmv:rw', { emit: neg, flags: ARITH, lock: true }),
  row('NOT', 'F6 /2', 'rm8:rw', { emit: not, lock: true }),
  row('NOT', 'F7 /2', 'rmv:rw', { emit: not, lock: true }),
];

export const ALU_ROWS: readonly InsnRow[] = [...aluRows, ...testRows, ...unaryRows];
