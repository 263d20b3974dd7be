// Values as operands of arithmetic and back (C17, 6.3): integers, floats, enumerations, and pointers and arrays as unsigned numbers.
import { littleEndian, unsignedOf } from '../../symbols/location';
import { typeName } from '../../symbols/type-name';
import { type BaseType, type DataType, elementOf, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { bytesOfFloat, type CNumber, floatArithmetic, floatOf, floatToInteger, isFloatNumber, toFloat } from './float';
import { differenceType, INT, type Integer, integerArithmetic, isFloat, isInteger, LONG, promote, toInteger, unsignedType } from './number';
import type { EvaluationScope } from './scope';
import { addressOf, bytesOf, rvalue, scalarOf, type Value } from './value';

export async function numberOf(value: Value, operator: string, scope: EvaluationScope): Promise<CNumber> {
  if (isFloat(value.type)) return floatOf(await bytesOf(value, scope), value.type);
  return integerOf(value, operator, scope);
}

export async function integerOf(value: Value, operator: string, scope: EvaluationScope): Promise<Integer> {
  const plain = strip(value.type);
  if (plain.kind === 'array' || plain.kind === 'function') return { value: addressOf(value), type: unsignedType(scope.pointerSize) };
  if (isFloat(plain)) throw debugErrors.notAnInteger(typeName(value.type), operator);
  if (plain.kind !== 'pointer' && !isInteger(plain)) {
    await bytesOf(value, scope);
    throw debugErrors.notANumber(typeName(value.type), operator);
  }
  const bits = await scalarOf(value, scope);
  if (plain.kind === 'pointer') return { value: bits, type: unsignedType(plain.size) };
  // 6.3.1.1: a bit-field whose values int can hold becomes int.
  if (value.bitSize !== undefined && value.bitSize < 32) return { value: bits, type: INT };
  if (value.isEnumerator && bits === BigInt.asIntN(32, bits)) return { value: bits, type: INT };
  if (plain.kind === 'enum')
    return { value: bits, type: plain.signed ? (plain.size === 8 ? LONG : INT) : unsignedType(Math.max(plain.size, 4)) };
  return { value: bits, type: plain.kind === 'base' ? plain : INT };
}

export function toValue(number: CNumber): Value {
  if (!isFloatNumber(number)) return rvalue(number.value, number.type);
  return { type: number.type, location: { kind: 'value', bytes: bytesOfFloat(number.float, number.type) } };
}

/** As an assignment or a cast converts it to a base type. */
export function convertTo(number: CNumber, type: BaseType): CNumber {
  if (isFloat(type)) return toFloat(number, type);
  return isFloatNumber(number) ? floatToInteger(number.float, type) : toInteger(number.value, type);
}

/** The bits that an object of this type then holds. */
export function bitsOf(number: CNumber): bigint {
  return isFloatNumber(number) ? unsignedOf(bytesOfFloat(number.float, number.type)) : number.value;
}

/** A copy of a value as it is now. */
export async function snapshot(value: Value, scope: EvaluationScope): Promise<Value> {
  const bytes = await bytesOf(value, scope);
  const { bitSize } = value;
  return { type: value.type, location: { kind: 'value', bytes: bytes.slice() }, ...(bitSize !== undefined && { bitSize }) };
}

/** 6.5.3.3. */
export async function negated(operator: '-' | '+' | '~' | '!', value: Value, scope: EvaluationScope): Promise<Value> {
  const number = await numberOf(value, operator, scope);
  if (operator === '!') return rvalue((isFloatNumber(number) ? number.float === 0 : number.value === 0n) ? 1n : 0n, INT);
  if (isFloatNumber(number)) {
    if (operator === '~') throw debugErrors.notAnInteger(number.type.name, operator);
    return toValue({ float: operator === '-' ? -number.float : number.float, type: number.type });
  }
  const { value: bits, type } = promote(number);
  return toValue(toInteger(operator === '-' ? -bits : operator === '~' ? ~bits : bits, type));
}

/** 6.5.5 to 6.5.12, with pointers. */
export async function infix(operator: string, left: Value, right: Value, scope: EvaluationScope): Promise<Value> {
  const a = targetOf(left.type);
  const b = targetOf(right.type);
  if (operator === '+' && a && !b) return offset(left, a, await integerOf(right, '+', scope), 1n, scope);
  if (operator === '+' && b && !a) return offset(right, b, await integerOf(left, '+', scope), 1n, scope);
  if (operator === '-' && a && !b) return offset(left, a, await integerOf(right, '-', scope), -1n, scope);
  const x = await numberOf(left, operator, scope);
  const y = await numberOf(right, operator, scope);
  if (isFloatNumber(x) || isFloatNumber(y)) return toValue(floatArithmetic(operator, x, y));
  if (operator === '-' && a && b) {
    const distance = BigInt.asIntN(scope.pointerSize * 8, x.value - y.value);
    return rvalue(distance / BigInt(sizeOf(a) || 1), differenceType(scope.pointerSize));
  }
  const divides = operator === '/' || operator === '%';
  return toValue(integerArithmetic(operator, x, scope.typesOnly && divides ? { ...y, value: 1n } : y));
}

function targetOf(type: DataType): DataType | undefined {
  const plain = strip(type);
  if (plain.kind === 'array') return elementOf(plain);
  return plain.kind === 'pointer' ? plain.target : undefined;
}

async function offset(pointer: Value, target: DataType, count: Integer, sign: bigint, scope: EvaluationScope): Promise<Value> {
  const address = await integerOf(pointer, '+', scope);
  const { kind } = strip(target);
  // GNU C: void and functions count as one byte.
  const size = kind === 'void' || kind === 'function' ? 1 : sizeOf(target);
  if (size === undefined) throw debugErrors.incomplete(typeName(target));
  const type: DataType = { kind: 'pointer', flavour: 'pointer', size: scope.pointerSize, target };
  const moved = address.value + sign * count.value * BigInt(size);
  return { type, location: { kind: 'value', bytes: littleEndian(moved, scope.pointerSize) } };
}
