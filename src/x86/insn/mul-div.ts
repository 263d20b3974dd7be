// MUL IMUL DIV IDIV (SDM vol 2).
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { Vector } from '../fault';
import { Gpr } from '../layout';
import { type Emit, type InsnRow, row } from './row';

/** Writes low and high halves of a result: AX for bytes, else rDX:rAX. */
function writePair(c: InsnContext, low: Local, high: Local): void {
  if (c.size === 1) {
    c.f.get(low).i64(255).op('i64.and').get(high).i64(8).op('i64.shl', 'i64.or');
    c.setGpr(Gpr.rax, 2, c.keep());
  } else {
    c.setGpr(Gpr.rax, c.size, low);
    c.setGpr(Gpr.rdx, c.size, high);
  }
}

/** Pushes a value sign-extended from the operand size. */
function extend(c: InsnContext, value: Local): void {
  c.f.get(value);
  if (c.size === 1) c.f.op('i64.extend8_s');
  else if (c.size === 2) c.f.op('i64.extend16_s');
  else if (c.size === 4) c.f.op('i64.extend32_s');
}

/** CF = OF = the i32 on the stack; the others follow the low half, as processors leave them. */
function productFlags(c: InsnContext, low: Local): void {
  c.f.op('i64.extend_i32_u').i64(3).op('i64.mul');
  c.flagsExplicit(low, c.keep());
}

const multiply =
  (signed: boolean): Emit =>
  (c) => {
    const { f } = c;
    const b = signed ? c.readSigned(1) : c.read(1);
    const a = signed ? c.readSigned(0) : c.read(0);
    f.get(a).get(b).op('i64.mul');
    const low = c.keep();
    if (c.size === 8) c.mulHigh(signed, a, b);
    else
      f.get(low)
        .i64(c.size * 8)
        .op(signed ? 'i64.shr_s' : 'i64.shr_u');
    const high = c.keep();
    f.get(high);
    if (signed) {
      extend(c, low);
      f.i64(63).op('i64.shr_s', 'i64.ne');
    } else f.op('i64.eqz', 'i32.eqz');
    productFlags(c, low);
    writePair(c, low, high);
  };

/** Two- and three-operand IMUL: the last two operands are the factors. */
const imul =
  (first: number): Emit =>
  (c) => {
    const { f } = c;
    const b = c.readSigned(first + 1);
    const a = c.readSigned(first);
    f.get(a).get(b).op('i64.mul');
    const low = c.keep();
    if (c.size === 8) {
      c.mulHigh(true, a, b);
      f.get(low).i64(63).op('i64.shr_s', 'i64.ne');
    } else {
      extend(c, low);
      f.get(low).op('i64.ne');
    }
    productFlags(c, low);
    c.write(0, low);
  };

const divide =
  (signed: boolean): Emit =>
  (c) => {
    const { f } = c;
    const bits = c.size * 8;
    const divisor = signed ? c.readSigned(0) : c.read(0);
    f.get(divisor).op('i64.eqz');
    c.raiseIf(Vector.DE);
    const quotient = c.temp();
    const remainder = c.temp();
    if (c.size === 8) {
      divide128(c, signed, divisor, quotient, remainder);
      writePair(c, quotient, remainder);
      return;
    }
    // The dividend fits 64 bits: AX, DX:AX or EDX:EAX.
    const low = c.gpr(Gpr.rax);
    if (c.size === 1) {
      f.get(low);
      if (signed) f.op('i64.extend16_s');
      else f.i64(0xffff).op('i64.and');
    } else {
      const mask = c.size === 2 ? 0xffff : 0xffffffff;
      f.get(c.gpr(Gpr.rdx)).i64(mask).op('i64.and').i64(bits).op('i64.shl').get(low).i64(mask).op('i64.and', 'i64.or');
      if (signed && c.size === 2) f.op('i64.extend32_s');
    }
    const dividend = c.keep();
    if (signed) {
      // INT64_MIN / -1 would trap in the host's division; it overflows here too.
      f.get(dividend).i64(0x8000_0000_0000_0000n).op('i64.eq').get(divisor).i64(-1).op('i64.eq', 'i32.and');
      c.raiseIf(Vector.DE);
    }
    f.get(dividend)
      .get(divisor)
      .op(signed ? 'i64.div_s' : 'i64.div_u')
      .set(quotient);
    f.get(dividend)
      .get(divisor)
      .op(signed ? 'i64.rem_s' : 'i64.rem_u')
      .set(remainder);
    f.get(quotient);
    if (signed) extend(c, quotient);
    else
      f.get(quotient)
        .i64((1n << BigInt(bits)) - 1n)
        .op('i64.and');
    f.op('i64.ne');
    c.raiseIf(Vector.DE);
    writePair(c, quotient, remainder);
  };

/** RDX:RAX by a 64-bit divisor; signed ones by magnitudes. */
function divide128(c: InsnContext, signed: boolean, divisor: Local, quotient: Local, remainder: Local): void {
  const { f } = c;
  const low = c.temp();
  const high = c.temp();
  const by = c.temp();
  f.get(c.gpr(Gpr.rax)).set(low).get(c.gpr(Gpr.rdx)).set(high).get(divisor).set(by);
  const negative = c.temp32();
  const negativeQuotient = c.temp32();
  if (signed) {
    f.get(high).i64(0).op('i64.lt_s').tee(negative).get(by).i64(0).op('i64.lt_s', 'i32.xor').set(negativeQuotient);
    f.get(negative).if();
    f.i64(0).get(high).op('i64.sub').get(low).op('i64.eqz', 'i32.eqz', 'i64.extend_i32_u', 'i64.sub').set(high);
    f.i64(0).get(low).op('i64.sub').set(low).end();
    f.get(by).i64(0).op('i64.lt_s').if();
    f.i64(0).get(by).op('i64.sub').set(by).end();
  }
  f.get(high).get(by).op('i64.ge_u');
  c.raiseIf(Vector.DE);
  f.get(high).op('i64.eqz').if();
  f.get(low).get(by).op('i64.div_u').set(quotient);
  f.else();
  f.get(high).get(low).get(by).call(c.runtime.divU128).set(quotient).end();
  f.get(low).get(quotient).get(by).op('i64.mul', 'i64.sub').set(remainder);
  if (!signed) return;
  // The quotient's magnitude may be 2^63 only if it is negative.
  f.get(quotient).i64(0x7fff_ffff_ffff_ffffn).get(negativeQuotient).op('i64.extend_i32_u', 'i64.add', 'i64.gt_u');
  c.raiseIf(Vector.DE);
  f.get(negativeQuotient).if();
  f.i64(0).get(quotient).op('i64.sub').set(quotient).end();
  f.get(negative).if();
  f.i64(0).get(remainder).op('i64.sub').set(remainder).end();
}

const PRODUCT = { write: 'co', undefined: 'pazs' };
const QUOTIENT = { undefined: 'cpazso' };
export const MUL_DIV_ROWS: readonly InsnRow[] = [
  row('MUL', 'F6 /4', 'rm8:r, a8:rw', { emit: multiply(false), flags: PRODUCT }),
  row('MUL', 'F7 /4', 'rmv:r, av:rw', { emit: multiply(false), flags: PRODUCT }),
  row('IMUL', 'F6 /5', 'rm8:r, a8:rw', { emit: multiply(true), flags: PRODUCT }),
  row('IMUL', 'F7 /5', 'rmv:r, av:rw', { emit: multiply(true), flags: PRODUCT }),
  row('IMUL', '0F AF /r', 'rv:rw, rmv:r', { emit: imul(0), flags: PRODUCT }),
  row('IMUL', '69 /r iz', 'rv:w, rmv:r, imm', { emit: imul(1), flags: PRODUCT }),
  row('IMUL', '6B /r ib', 'rv:w, rmv:r, imms', { emit: imul(1), flags: PRODUCT }),
  row('DIV', 'F6 /6', 'rm8:r', { emit: divide(false), flags: QUOTIENT }),
  row('DIV', 'F7 /6', 'rmv:r', { emit: divide(false), flags: QUOTIENT }),
  row('IDIV', 'F6 /7', 'rm8:r', { emit: divide(true), flags: QUOTIENT }),
  row('IDIV', 'F7 /7', 'rmv:r', { emit: divide(true), flags: QUOTIENT }),
];
