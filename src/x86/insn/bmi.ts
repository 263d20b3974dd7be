// BMI1, BMI2 and ADX (SDM vol 2): ANDN BEXTR BLSI BLSMSK BLSR BZHI MULX PDEP PEXT RORX SARX SHLX SHRX ADCX ADOX.
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { Flag } from '../emit/flags';
import { Gpr } from '../layout';
import { type Emit, type FlagUse, type InsnRow, row } from './row';

/** Z and S by the result, CF by what is on the stack (i32), OF = AF = 0. */
function resultAndCarry(c: InsnContext, r: Local): void {
  c.f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
  c.flagsExplicit(r, c.keep());
}

const andn: Emit = (c) => {
  const { f } = c;
  f.get(c.read(2)).get(c.read(1)).i64(-1).op('i64.xor', 'i64.and');
  const r = c.keep();
  c.flagsLogic(r);
  c.write(0, r);
};

/** Source, and source with its lowest set bit taken away (BLSR), alone (BLSI), or with all bits below (BLSMSK). */
const lowestBit =
  (op: 'BLSR' | 'BLSMSK' | 'BLSI'): Emit =>
  (c) => {
    const { f } = c;
    const source = c.read(1);
    f.get(source);
    if (op === 'BLSI') f.i64(0).get(source).op('i64.sub', 'i64.and');
    else
      f.i64(1)
        .op('i64.sub')
        .get(source)
        .op(op === 'BLSR' ? 'i64.and' : 'i64.xor');
    const r = c.keep();
    f.get(source).op('i64.eqz');
    if (op === 'BLSI') f.op('i32.eqz');
    resultAndCarry(c, r);
    c.write(0, r);
  };

/** Low byte of a local. */
const byteOf = (c: InsnContext, value: Local, shift: number): Local => {
  c.f.get(value).i64(shift).op('i64.shr_u').i64(0xff).op('i64.and');
  return c.keep();
};
/** Pushes `value` without the bits from `count` up; a count above 63 keeps all. */
const lowBits = (c: InsnContext, value: Local, count: Local): void => {
  c.f.get(value).get(value).i64(1).get(count).op('i64.shl').i64(1).op('i64.sub', 'i64.and').get(count).i64(63).op('i64.gt_u', 'select');
};

const bextr: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  const control = c.read(2);
  const start = byteOf(c, control, 0);
  const length = byteOf(c, control, 8);
  f.get(source).get(start).op('i64.shr_u').i64(0).get(start).i64(63).op('i64.le_u', 'select');
  const shifted = c.keep();
  lowBits(c, shifted, length);
  const r = c.keep();
  c.flagsLogic(r);
  // S and A are undefined: as AMD's processors leave them.
  f.i64(Flag.AF);
  c.flagsReplace(Flag.SF | Flag.AF, c.keep());
  c.write(0, r);
};

const bzhi: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  const index = byteOf(c, c.read(2), 0);
  lowBits(c, source, index);
  const r = c.keep();
  f.get(index)
    .i64(c.size * 8 - 1)
    .op('i64.gt_u');
  resultAndCarry(c, r);
  c.write(0, r);
};

/** High half into the first operand, low half into the second, which comes first: one register for both gets the high half. */
const mulx: Emit = (c) => {
  const { f } = c;
  const b = c.read(2);
  const a = c.gpr(Gpr.rdx);
  if (c.size === 4) f.get(a).i64(0xffffffff).op('i64.and').set(a);
  f.get(a).get(b).op('i64.mul');
  const low = c.keep();
  if (c.size === 8) c.mulHigh(false, a, b);
  else f.get(low).i64(32).op('i64.shr_u');
  const high = c.keep();
  c.write(1, low);
  c.write(0, high);
};

/** One round for each set bit of the mask. */
const scatter =
  (op: 'PDEP' | 'PEXT'): Emit =>
  (c) => {
    const { f } = c;
    const source = c.read(1);
    const mask = c.read(2);
    const r = c.temp();
    const bit = c.temp();
    const lowest = c.temp();
    f.i64(0).set(r).i64(1).set(bit);
    const done = f.block();
    const again = f.loop();
    f.get(mask).op('i64.eqz').brIf(done);
    f.get(mask).i64(0).get(mask).op('i64.sub', 'i64.and').set(lowest);
    const [from, to] = op === 'PDEP' ? [bit, lowest] : [lowest, bit];
    f.get(r).get(to).i64(0).get(source).get(from).op('i64.and', 'i64.eqz', 'i32.eqz', 'select', 'i64.or').set(r);
    f.get(mask).get(lowest).op('i64.xor').set(mask);
    f.get(bit).i64(1).op('i64.shl').set(bit);
    f.br(again);
    f.end();
    f.end();
    c.write(0, r);
  };

const rorx: Emit = (c) => {
  const { f } = c;
  const source = c.read(1);
  const count = c.read(2);
  if (c.size === 8) f.get(source).get(count).op('i64.rotr');
  else f.get(source).get(source).i64(32).op('i64.shl', 'i64.or').get(count).i64(31).op('i64.and', 'i64.shr_u');
  c.write(0, c.keep());
};
const shift =
  (op: 'i64.shl' | 'i64.shr_u' | 'i64.shr_s'): Emit =>
  (c) => {
    const source = op === 'i64.shr_s' ? c.readSigned(1) : c.read(1);
    c.f
      .get(source)
      .get(c.read(2))
      .i64(c.size * 8 - 1)
      .op('i64.and', op);
    c.write(0, c.keep());
  };

/** Only one flag is read and written: CF of ADCX, OF of ADOX. */
const addWith =
  (flag: 'CF' | 'OF'): Emit =>
  (c) => {
    const { f } = c;
    const b = c.read(1);
    const a = c.read(0);
    const carry = c.temp();
    if (flag === 'CF') c.carry();
    else {
      c.condition('o');
      f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
    }
    f.set(carry);
    f.get(a).get(b).op('i64.add').get(carry).op('i64.add');
    const r = c.keep();
    if (c.size === 4) f.get(r).i64(32).op('i64.shr_u');
    else {
      // The carry of 64 bits: (a & b) | ((a | b) & ~r), its top bit.
      f.get(a).get(b).op('i64.and').get(a).get(b).op('i64.or').get(r).i64(-1).op('i64.xor', 'i64.and', 'i64.or').i64(63).op('i64.shr_u');
    }
    if (flag === 'OF') f.i64(11).op('i64.shl');
    c.flagsReplace(Flag[flag], c.keep());
    c.write(0, r);
  };

const RESULT: FlagUse = { write: 'czso', undefined: 'ap' };
const bmi1 = (emit: Emit, flags: FlagUse = RESULT) => ({ feature: 'bmi1', emit, flags }) as const;
const bmi2 = (emit: Emit) => ({ feature: 'bmi2', emit }) as const;

export const BMI_ROWS: readonly InsnRow[] = [
  row('ANDN', 'VEX.LZ.0F38 F2 /r', 'ry:w, vry:r, rmy:r', bmi1(andn)),
  row('BLSR', 'VEX.LZ.0F38 F3 /1', 'vry:w, rmy:r', bmi1(lowestBit('BLSR'))),
  row('BLSMSK', 'VEX.LZ.0F38 F3 /2', 'vry:w, rmy:r', bmi1(lowestBit('BLSMSK'))),
  row('BLSI', 'VEX.LZ.0F38 F3 /3', 'vry:w, rmy:r', bmi1(lowestBit('BLSI'))),
  row('BEXTR', 'VEX.LZ.0F38 F7 /r', 'ry:w, rmy:r, vry:r', bmi1(bextr, { write: 'czo', undefined: 'aps' })),
  row('BZHI', 'VEX.LZ.0F38 F5 /r', 'ry:w, rmy:r, vry:r', { ...bmi2(bzhi), flags: RESULT }),
  row('MULX', 'VEX.LZ.F2.0F38 F6 /r', 'ry:w, vry:w, rmy:r', bmi2(mulx)),
  row('PDEP', 'VEX.LZ.F2.0F38 F5 /r', 'ry:w, vry:r, rmy:r', bmi2(scatter('PDEP'))),
  row('PEXT', 'VEX.LZ.F3.0F38 F5 /r', 'ry:w, vry:r, rmy:r', bmi2(scatter('PEXT'))),
  row('RORX', 'VEX.LZ.F2.0F3A F0 /r ib', 'ry:w, rmy:r, imm', bmi2(rorx)),
  row('SARX', 'VEX.LZ.F3.0F38 F7 /r', 'ry:w, rmy:r, vry:r', bmi2(shift('i64.shr_s'))),
  row('SHLX', 'VEX.LZ.66.0F38 F7 /r', 'ry:w, rmy:r, vry:r', bmi2(shift('i64.shl'))),
  row('SHRX', 'VEX.LZ.F2.0F38 F7 /r', 'ry:w, rmy:r, vry:r', bmi2(shift('i64.shr_u'))),
  row('ADCX', '66 0F 38 F6 /r', 'ry:rw, rmy:r', { feature: 'adx', emit: addWith('CF'), flags: { read: 'c', write: 'c' } }),
  row('ADOX', 'F3 0F 38 F6 /r', 'ry:rw, rmy:r', { feature: 'adx', emit: addWith('OF'), flags: { read: 'o', write: 'o' } }),
];
