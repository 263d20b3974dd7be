// BT BTS BTR BTC BSF BSR TZCNT LZCNT POPCNT (SDM vol 2).
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { Flag } from '../emit/flags';
import { type Emit, type InsnRow, row } from './row';

type BitOp = 'BT' | 'BTS' | 'BTR' | 'BTC';

const bitTest =
  (op: BitOp, fromRegister: boolean): Emit =>
  (c) => {
    const { f } = c;
    const bits = c.size * 8;
    const offset = fromRegister ? c.readSigned(1) : c.read(1);
    if (fromRegister && c.hasMemory) {
      // The bit string reaches beyond the operand: whole operands up or down.
      f.get(offset).i64(Math.log2(bits)).op('i64.shr_s').i64(Math.log2(c.size)).op('i64.shl');
      c.displace();
    }
    const a = op === 'BT' ? c.read(0) : c.readModify(0);
    f.get(offset)
      .i64(bits - 1)
      .op('i64.and');
    const index = c.keep();
    f.get(a).get(index).op('i64.shr_u').i64(1).op('i64.and');
    c.flagsReplace(Flag.CF, c.keep());
    if (op === 'BT') return;
    f.get(a).i64(1).get(index).op('i64.shl');
    if (op === 'BTR') f.i64(-1).op('i64.xor', 'i64.and');
    else f.op(op === 'BTS' ? 'i64.or' : 'i64.xor');
    c.write(0, c.keep());
  };

const OPS: readonly BitOp[] = ['BT', 'BTS', 'BTR', 'BTC'];
const FLAGS = { write: 'c', undefined: 'paso' };
const bitRows = OPS.flatMap((op, n): InsnRow[] => {
  const access = op === 'BT' ? 'r' : 'rw';
  const lock = op !== 'BT';
  const opcode = (0xa3 + n * 8).toString(16).toUpperCase();
  return [
    row(op, `0F ${opcode} /r`, `rmv:${access}, rv:r`, { emit: bitTest(op, true), flags: FLAGS, lock, bitString: true }),
    row(op, `0F BA /${4 + n} ib`, `rmv:${access}, imm`, { emit: bitTest(op, false), flags: FLAGS, lock }),
  ];
});

/** BSF, BSR: a zero source leaves the destination (a 32-bit form: all of it) and sets ZF. */
const scan =
  (forward: boolean): Emit =>
  (c) => {
    const { f } = c;
    const source = c.read(1);
    c.flagsLogic(source);
    f.get(source).op('i64.eqz', 'i32.eqz');
    f.if();
    const found = c.temp();
    if (forward) f.get(source).op('i64.ctz').set(found);
    else f.i64(63).get(source).op('i64.clz', 'i64.sub').set(found);
    c.write(0, found);
    f.end();
  };

/** CF = source is zero, ZF = result is zero. */
function countFlags(c: InsnContext, source: Local, result: Local): void {
  const { f } = c;
  f.get(result).op('i64.eqz', 'i64.extend_i32_u').i64(6).op('i64.shl');
  f.get(source).op('i64.eqz', 'i64.extend_i32_u', 'i64.or');
  c.flagsReplace(Flag.CF | Flag.ZF, c.keep());
}
const tzcnt: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  f.get(source);
  if (c.size !== 8) f.i64(1n << BigInt(c.size * 8)).op('i64.or');
  f.op('i64.ctz');
  const r = c.keep();
  countFlags(c, source, r);
  c.write(0, r);
};
const lzcnt: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  f.get(source)
    .op('i64.clz')
    .i64(64 - c.size * 8)
    .op('i64.sub');
  const r = c.keep();
  countFlags(c, source, r);
  c.write(0, r);
};
const popcnt: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  f.get(source).op('i64.popcnt');
  const r = c.keep();
  f.get(source).op('i64.eqz', 'i64.extend_i32_u').i64(6).op('i64.shl');
  c.flagsReplace(0x8d5, c.keep());
  c.write(0, r);
};

export const BIT_ROWS: readonly InsnRow[] = [
  ...bitRows,
  row('TZCNT', 'F3 0F BC /r', 'rv:w, rmv:r', { emit: tzcnt, feature: 'bmi1', flags: { write: 'cz', undefined: 'paso' } }),
  row('LZCNT', 'F3 0F BD /r', 'rv:w, rmv:r', { emit: lzcnt, feature: 'abm', flags: { write: 'cz', undefined: 'paso' } }),
  row('POPCNT', 'F3 0F B8 /r', 'rv:w, rmv:r', { emit: popcnt, feature: 'popcnt', flags: { write: 'cpazso' } }),
  row('BSF', '0F BC /r', 'rv:w, rmv:r', { emit: scan(true), flags: { write: 'z', undefined: 'cpaso' } }),
  row('BSR', '0F BD /r', 'rv:w, rmv:r', { emit: scan(false), flags: { write: 'z', undefined: 'cpaso' } }),
];
