// Conditions on the operands that a handler has just had in hand: no flags are needed for them.
import type { Code, Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import type { FlagFunctions } from '../../x86/emit/flags';

/** The last operation that wrote flags. */
export interface KnownFlags {
  kind: 'sub' | 'add' | 'logic';
  size: OperandBytes;
  a: Local;
  b: Local;
  r: Local;
}

/** Pushes the condition (i32) and returns true; false, with nothing emitted, where the operands do not tell. */
export function emitKnownCondition(f: Code, known: KnownFlags, base: keyof FlagFunctions['test']): boolean {
  const unused = 64 - known.size * 8;
  const signed = (value: Local): void => {
    f.get(value);
    if (unused === 32) f.op('i64.extend32_s');
    else if (unused === 48) f.op('i64.extend16_s');
    else if (unused === 56) f.op('i64.extend8_s');
  };
  switch (base) {
    case 'e':
      f.get(known.r);
      if (unused === 32) f.op('i32.wrap_i64', 'i32.eqz');
      else if (unused) f.i64(unused).op('i64.shl', 'i64.eqz');
      else f.op('i64.eqz');
      return true;
    case 's':
      signed(known.r);
      f.i64(0).op('i64.lt_s');
      return true;
    case 'b':
      if (known.kind === 'logic') f.i32(0);
      else if (known.kind === 'sub') f.get(known.a).get(known.b).op('i64.lt_u');
      else {
        f.get(known.r);
        if (unused) f.i64((1n << BigInt(known.size * 8)) - 1n).op('i64.and');
        f.get(known.b).op('i64.lt_u');
      }
      return true;
    case 'be':
      if (known.kind === 'sub') f.get(known.a).get(known.b).op('i64.le_u');
      else if (known.kind === 'logic') emitKnownCondition(f, known, 'e');
      else return false;
      return true;
    case 'l':
    case 'le':
      if (known.kind === 'add') return false;
      if (known.kind === 'sub') {
        signed(known.a);
        signed(known.b);
      } else {
        signed(known.r);
        f.i64(0);
      }
      f.op(base === 'l' ? 'i64.lt_s' : 'i64.le_s');
      return true;
    case 'o':
      if (known.kind !== 'logic') return false;
      f.i32(0);
      return true;
    default:
      return false;
  }
}
