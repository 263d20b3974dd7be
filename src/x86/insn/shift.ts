// Shifts and rotates (SDM vol 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD"). Flags that the manual leaves undefined are as processors leave them.
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { Flag } from '../emit/flags';
import { type Emit, type InsnRow, row } from './row';

const bitsOf = (c: InsnContext): number => c.size * 8;

/** The count operand masked to 5 bits, 6 for 64-bit operands. */
function maskedCount(c: InsnContext, operand: number): Local {
  c.f
    .get(c.read(operand))
    .i64(c.size === 8 ? 63 : 31)
    .op('i64.and');
  return c.keep();
}

/** Emits what happens where the count is not zero: without a question where it is known. */
function whereCounted(c: InsnContext, operand: number, count: Local, body: () => void): void {
  const known = c.constant(operand);
  if (known !== undefined && (known & (c.size === 8 ? 63 : 31)) !== 0) {
    body();
    return;
  }
  c.settleFlags();
  c.f.get(count).op('i64.eqz', 'i32.eqz').if();
  body();
  c.f.end();
}

/** `result` pushes the result, `carryOut` an i64 whose bit 0 is CF, `overflow` one whose bit 0 is OF. */
function shift(
  result: (c: InsnContext, a: Local, n: Local) => void,
  carryOut: (c: InsnContext, a: Local, n: Local) => void,
  overflow: (c: InsnContext, a: Local, r: Local, cf: Local) => void,
  signed = false,
): Emit {
  return (c) => {
    const { f } = c;
    const count = maskedCount(c, 1);
    let a = c.readModify(0);
    if (signed && c.size !== 8) {
      f.get(a).op(c.size === 1 ? 'i64.extend8_s' : c.size === 2 ? 'i64.extend16_s' : 'i64.extend32_s');
      a = c.keep();
    }
    result(c, a, count);
    const r = c.keep();
    whereCounted(c, 1, count, () => {
      carryOut(c, a, count);
      f.i64(1).op('i64.and');
      const cf = c.keep();
      overflow(c, a, r, cf);
      f.i64(1).op('i64.and').i64(1).op('i64.shl').get(cf).op('i64.or');
      c.flagsExplicit(r, c.keep());
    });
    c.write(0, r);
  };
}

const topBit = (c: InsnContext, value: Local): void => {
  c.f
    .get(value)
    .i64(bitsOf(c) - 1)
    .op('i64.shr_u');
};
const shl = shift(
  (c, a, n) => c.f.get(a).get(n).op('i64.shl'),
  (c, a, n) => {
    if (c.size === 8) c.f.get(a).i64(64).get(n).op('i64.sub', 'i64.shr_u');
    else c.f.get(a).get(n).op('i64.shl').i64(bitsOf(c)).op('i64.shr_u');
  },
  (c, _a, r, cf) => {
    topBit(c, r);
    c.f.get(cf).op('i64.xor');
  },
);
const shr = shift(
  (c, a, n) => c.f.get(a).get(n).op('i64.shr_u'),
  (c, a, n) => c.f.get(a).get(n).i64(1).op('i64.sub', 'i64.shr_u'),
  // For one bit: the operand's sign. Processors take the result's two top bits, which agrees there.
  (c, _a, r) => {
    topBit(c, r);
    c.f
      .get(r)
      .i64(bitsOf(c) - 2)
      .op('i64.shr_u', 'i64.xor');
  },
);
const sar = shift(
  (c, a, n) => c.f.get(a).get(n).op('i64.shr_s'),
  (c, a, n) => c.f.get(a).get(n).i64(1).op('i64.sub', 'i64.shr_s'),
  (c) => c.f.i64(0),
  true,
);

/** Pushes `value` rotated left by the i64 count in a local (already below the operand's bits, which divide 64). */
function rotateLeft(c: InsnContext, value: Local, count: Local): void {
  const { f } = c;
  if (c.size === 8) {
    f.get(value).get(count).op('i64.rotl');
    return;
  }
  const bits = bitsOf(c);
  f.get(value).get(count).op('i64.shl');
  f.get(value).i64(bits).get(count).op('i64.sub', 'i64.shr_u', 'i64.or');
}

const rotate =
  (left: boolean): Emit =>
  (c) => {
    const { f } = c;
    const masked = maskedCount(c, 1);
    const a = c.readModify(0);
    const bits = bitsOf(c);
    if (left) f.get(masked);
    else f.i64(bits).get(masked).op('i64.sub');
    f.i64(bits - 1).op('i64.and');
    rotateLeft(c, a, c.keep());
    const r = c.keep();
    whereCounted(c, 1, masked, () => rotated(c, left, r));
    c.write(0, r);
  };

/** Flags of a rotation to `r`. */
function rotated(c: InsnContext, left: boolean, r: Local): void {
  const { f } = c;
  if (left) {
    // CF = bit 0, OF = CF ^ top bit.
    f.get(r).i64(1).op('i64.and');
    const cf = c.keep();
    topBit(c, r);
    f.get(cf).op('i64.xor').i64(1).op('i64.and').i64(11).op('i64.shl').get(cf).op('i64.or');
  } else {
    // CF = top bit, OF = the two top bits' difference.
    topBit(c, r);
    f.i64(1).op('i64.and');
    const cf = c.keep();
    f.get(r)
      .i64(bitsOf(c) - 2)
      .op('i64.shr_u')
      .get(cf)
      .op('i64.xor')
      .i64(1)
      .op('i64.and')
      .i64(11)
      .op('i64.shl')
      .get(cf)
      .op('i64.or');
  }
  c.flagsReplace(Flag.CF | Flag.OF, c.keep());
}

/** RCL and RCR, one bit at a time: rare, and the count is small. */
const rotateCarry =
  (left: boolean): Emit =>
  (c) => {
    const { f } = c;
    const count = maskedCount(c, 1);
    const a = c.readModify(0);
    const bits = bitsOf(c);
    const cf = c.temp();
    c.carry();
    f.set(cf);
    const n = c.temp();
    f.get(count).set(n);
    if (c.size < 4)
      f.get(n)
        .i64(bits + 1)
        .op('i64.rem_u')
        .set(n);
    const next = c.temp();
    const out = f.block();
    const again = f.loop();
    f.get(n).op('i64.eqz').brIf(out);
    if (left) {
      topBit(c, a);
      f.i64(1).op('i64.and').set(next);
      f.get(a).i64(1).op('i64.shl').get(cf).op('i64.or').set(a);
    } else {
      f.get(a).i64(1).op('i64.and').set(next);
      if (c.size !== 8)
        f.get(a)
          .i64((1n << BigInt(bits)) - 1n)
          .op('i64.and')
          .set(a);
      f.get(a)
        .i64(1)
        .op('i64.shr_u')
        .get(cf)
        .i64(bits - 1)
        .op('i64.shl', 'i64.or')
        .set(a);
    }
    f.get(next).set(cf);
    f.get(n).i64(1).op('i64.sub').set(n);
    f.br(again).end().end();
    c.settleFlags();
    f.get(count).op('i64.eqz', 'i32.eqz');
    f.if();
    topBit(c, a);
    if (left) f.get(cf);
    else
      f.get(a)
        .i64(bits - 2)
        .op('i64.shr_u');
    f.op('i64.xor').i64(1).op('i64.and').i64(11).op('i64.shl').get(cf).op('i64.or');
    c.flagsReplace(Flag.CF | Flag.OF, c.keep());
    f.end();
    c.write(0, a);
  };

/** SHLD, SHRD. 16-bit counts above 16 are undefined: processors go on with the source's bits again. */
const double =
  (left: boolean): Emit =>
  (c) => {
    const { f } = c;
    const bits = bitsOf(c);
    const n = maskedCount(c, 2);
    const a = c.readModify(0);
    const b = c.read(1);
    c.settleFlags();
    f.get(n).op('i64.eqz', 'i32.eqz');
    const r = c.temp();
    f.get(a).set(r);
    f.if();
    const cf = c.temp();
    if (c.size === 8) {
      if (left) {
        f.get(a).get(n).op('i64.shl').get(b).i64(64).get(n).op('i64.sub', 'i64.shr_u', 'i64.or').set(r);
        f.get(a).i64(64).get(n).op('i64.sub', 'i64.shr_u').set(cf);
      } else {
        f.get(a).get(n).op('i64.shr_u').get(b).i64(64).get(n).op('i64.sub', 'i64.shl', 'i64.or').set(r);
        f.get(a).get(n).i64(1).op('i64.sub', 'i64.shr_u').set(cf);
      }
    } else if (left) {
      // a : b (: b for 16 bits), from the top of 64.
      f.get(a)
        .i64(64 - bits)
        .op('i64.shl')
        .get(b)
        .i64(64 - 2 * bits)
        .op('i64.shl', 'i64.or');
      if (c.size === 2) f.get(b).i64(16).op('i64.shl', 'i64.or');
      const wide = c.keep();
      f.get(wide)
        .get(n)
        .op('i64.shl')
        .i64(64 - bits)
        .op('i64.shr_u')
        .set(r);
      f.get(wide).get(n).i64(1).op('i64.sub', 'i64.shl').i64(63).op('i64.shr_u').set(cf);
    } else {
      f.get(b).i64(bits).op('i64.shl').get(a).op('i64.or');
      if (c.size === 2) f.get(b).i64(32).op('i64.shl', 'i64.or');
      const wide = c.keep();
      f.get(wide).get(n).op('i64.shr_u').set(r);
      f.get(wide).get(n).i64(1).op('i64.sub', 'i64.shr_u').set(cf);
    }
    f.get(cf).i64(1).op('i64.and').set(cf);
    // OF: for one bit, whether the sign changed; for more, what processors leave.
    topBit(c, r);
    if (left) f.get(cf);
    else
      f.get(r)
        .i64(bits - 2)
        .op('i64.shr_u');
    f.op('i64.xor').i64(1).op('i64.and').i64(1).op('i64.shl').get(cf).op('i64.or');
    c.flagsExplicit(r, c.keep());
    f.end();
    c.write(0, r);
  };

const SHIFTS: readonly [string, Emit][] = [
  ['ROL', rotate(true)],
  ['ROR', rotate(false)],
  ['RCL', rotateCarry(true)],
  ['RCR', rotateCarry(false)],
  ['SHL', shl],
  ['SHR', shr],
  ['SHL', shl],
  ['SAR', sar],
];

const shiftRows = SHIFTS.flatMap(([name, emit], n): InsnRow[] => {
  const rotates = n < 4;
  const flags = {
    write: rotates ? 'co' : 'cpzso',
    undefined: rotates ? '' : 'a',
    conditional: true,
    ...(n === 2 || n === 3 ? { read: 'c' } : {}),
  };
  return [
    row(name, `C0 /${n} ib`, 'rm8:rw, imm', { emit, flags }),
    row(name, `C1 /${n} ib`, 'rmv:rw, imm', { emit, flags }),
    row(name, `D0 /${n}`, 'rm8:rw, one', { emit, flags }),
    row(name, `D1 /${n}`, 'rmv:rw, one', { emit, flags }),
    row(name, `D2 /${n}`, 'rm8:rw, cl', { emit, flags }),
    row(name, `D3 /${n}`, 'rmv:rw, cl', { emit, flags }),
  ];
});

const DOUBLE = { write: 'cpzso', undefined: 'a', conditional: true };
export const SHIFT_ROWS: readonly InsnRow[] = [
  ...shiftRows,
  row('SHLD', '0F A4 /r ib', 'rmv:rw, rv:r, imm', { emit: double(true), flags: DOUBLE }),
  row('SHLD', '0F A5 /r', 'rmv:rw, rv:r, cl', { emit: double(true), flags: DOUBLE }),
  row('SHRD', '0F AC /r ib', 'rmv:rw, rv:r, imm', { emit: double(false), flags: DOUBLE }),
  row('SHRD', '0F AD /r', 'rmv:rw, rv:r, cl', { emit: double(false), flags: DOUBLE }),
];
