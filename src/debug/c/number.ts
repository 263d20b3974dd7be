// C's integer types and the usual arithmetic conversions (C17, 6.3.1), LP64 or ILP32, with gcc's 128-bit integers.
import { type BaseType, type DataType, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';

/** DWARF 5, table 7.11. */
export const ATE = {
  address: 1,
  boolean: 2,
  complexFloat: 3,
  float: 4,
  signed: 5,
  signedChar: 6,
  unsigned: 7,
  unsignedChar: 8,
  utf: 16,
} as const;

const base = (name: string, size: number, encoding: number): BaseType => ({ kind: 'base', name, size, encoding });

export const INT = base('int', 4, ATE.signed);
export const UNSIGNED = base('unsigned int', 4, ATE.unsigned);
export const LONG = base('long', 8, ATE.signed);
export const UNSIGNED_LONG = base('unsigned long', 8, ATE.unsigned);
export const INT128 = base('__int128', 16, ATE.signed);
export const UNSIGNED_INT128 = base('unsigned __int128', 16, ATE.unsigned);
export const CHAR = base('char', 1, ATE.signedChar);
export const BOOL = base('_Bool', 1, ATE.boolean);
const unsignedOfSize: Readonly<Record<number, BaseType>> = {
  1: base('unsigned char', 1, ATE.unsignedChar),
  2: base('unsigned short', 2, ATE.unsigned),
  4: UNSIGNED,
  8: UNSIGNED_LONG,
  16: UNSIGNED_INT128,
};

export function unsignedType(size: number): BaseType {
  return unsignedOfSize[size] ?? base(`unsigned${size * 8}`, size, ATE.unsigned);
}

/** An integer with its C type: `value` is already in the type's range. */
export interface Integer {
  readonly value: bigint;
  readonly type: BaseType;
}

export function isSigned(type: DataType): boolean {
  const plain = strip(type);
  if (plain.kind === 'enum') return plain.signed;
  return plain.kind === 'base' && (plain.encoding === ATE.signed || plain.encoding === ATE.signedChar);
}

export function isFloat(type: DataType): boolean {
  const plain = strip(type);
  return plain.kind === 'base' && (plain.encoding === ATE.float || plain.encoding === ATE.complexFloat);
}

/** Base types that hold an integer, a character or a truth value, and enumerations. */
export function isInteger(type: DataType): boolean {
  const plain = strip(type);
  return plain.kind === 'enum' || (plain.kind === 'base' && !isFloat(plain));
}

export function wrap(value: bigint, size: number, signed: boolean): bigint {
  return signed ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
}

/** Converts to an integer type; anything but zero is true for _Bool. */
export function toInteger(value: bigint, type: BaseType): Integer {
  if (type.encoding === ATE.boolean) return { value: value === 0n ? 0n : 1n, type };
  return { value: wrap(value, type.size, isSigned(type)), type };
}

/** 6.3.1.1: what is narrower than int becomes int. */
export function promote({ value, type }: Integer): Integer {
  return type.size < 4 ? { value, type: INT } : { value, type };
}

/** 6.3.1.8: the type two operands meet in. */
export function commonType(left: BaseType, right: BaseType): BaseType {
  const size = Math.max(left.size, right.size, 4);
  const unsigned = (left.size === size && !isSigned(left)) || (right.size === size && !isSigned(right));
  if (size === 4) return unsigned ? UNSIGNED : INT;
  if (size === 8) return unsigned ? UNSIGNED_LONG : LONG;
  return unsigned ? UNSIGNED_INT128 : INT128;
}

/** 6.4.4.1: the first type that the constant fits in. "long" is as wide as a pointer. */
export function literalType(value: bigint, suffix: string, decimal: boolean, pointerSize = 8): BaseType {
  const unsigned = suffix.includes('u');
  const longs = suffix.replaceAll('u', '').length;
  if (longs === 0 || (longs === 1 && pointerSize === 4)) {
    if (!unsigned && value < 1n << 31n) return INT;
    if ((unsigned || !decimal) && value < 1n << 32n) return UNSIGNED;
  }
  return !unsigned && value < 1n << 63n ? LONG : UNSIGNED_LONG;
}

/** What sizeof gives, and differences of pointers. */
export function sizeType(pointerSize: number): BaseType {
  return pointerSize === 4 ? UNSIGNED : UNSIGNED_LONG;
}

export function differenceType(pointerSize: number): BaseType {
  return pointerSize === 4 ? INT : LONG;
}

export function integerArithmetic(operator: string, left: Integer, right: Integer): Integer {
  if (operator === '<<' || operator === '>>') {
    const value = promote(left);
    // Undefined in C where the count is too large: as the processor's shifts do it.
    const count = BigInt.asUintN(64, right.value) & BigInt(value.type.size * 8 - 1);
    return toInteger(operator === '<<' ? value.value << count : value.value >> count, value.type);
  }
  const type = commonType(left.type, right.type);
  const a = toInteger(left.value, type).value;
  const b = toInteger(right.value, type).value;
  const truth = (holds: boolean): Integer => ({ value: holds ? 1n : 0n, type: INT });
  switch (operator) {
    case '+':
      return toInteger(a + b, type);
    case '-':
      return toInteger(a - b, type);
    case '*':
      return toInteger(a * b, type);
    case '/':
    case '%':
      if (b === 0n) throw debugErrors.divisionByZero();
      return toInteger(operator === '/' ? a / b : a % b, type);
    case '&':
      return toInteger(a & b, type);
    case '|':
      return toInteger(a | b, type);
    case '^':
      return toInteger(a ^ b, type);
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '<=':
      return truth(a <= b);
    case '>':
      return truth(a > b);
    default:
      return truth(a >= b);
  }
}
