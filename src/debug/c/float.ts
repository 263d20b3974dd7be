// C's floating-point numbers (C17, 6.3.1.4 to 6.3.1.8): float and double are IEEE 754's, as the processor computes them.
import { type BaseType, type DataType, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { ATE, INT, type Integer, toInteger } from './number';

export interface Float {
  /** Always a value that the type can hold. */
  readonly float: number;
  readonly type: BaseType;
}

export type CNumber = Integer | Float;

export const FLOAT: BaseType = { kind: 'base', name: 'float', size: 4, encoding: ATE.float };
export const DOUBLE: BaseType = { kind: 'base', name: 'double', size: 8, encoding: ATE.float };

export function isFloatNumber(number: CNumber): number is Float {
  return 'float' in number;
}

/** From the bytes of a float or a double; others have more digits than can be computed with here. */
export function floatOf(bytes: Uint8Array, type: DataType): Float {
  const plain = strip(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (plain.kind === 'base' && plain.encoding === ATE.float) {
    if (plain.size === 4) return { float: view.getFloat32(0, true), type: plain };
    if (plain.size === 8) return { float: view.getFloat64(0, true), type: plain };
  }
  throw debugErrors.noSuchFloat(plain.kind === 'base' ? plain.name : plain.kind);
}

export function bytesOfFloat(value: number, type: BaseType): Uint8Array {
  if (type.encoding !== ATE.float || (type.size !== 4 && type.size !== 8)) throw debugErrors.noSuchFloat(type.name);
  const bytes = new Uint8Array(type.size);
  const view = new DataView(bytes.buffer);
  if (type.size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return bytes;
}

export function toFloat(number: CNumber, type: BaseType): Float {
  if (type.size !== 4 && type.size !== 8) throw debugErrors.noSuchFloat(type.name);
  if (isFloatNumber(number)) return { float: type.size === 4 ? Math.fround(number.float) : number.float, type };
  return { float: type.size === 4 ? nearestSingle(number.value) : Number(number.value), type };
}

/** One rounding only: what does not fit in a double is shortened first so that no tie is made or lost. */
function nearestSingle(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const bits = magnitude.toString(2).length;
  if (bits <= 53) return Math.fround(Number(value));
  const drop = BigInt(bits - 40);
  const sticky = (magnitude & ((1n << drop) - 1n)) !== 0n ? 1n : 0n;
  const short = Math.fround(Number(((magnitude >> drop) | sticky) << drop));
  return value < 0n ? -short : short;
}

/** Towards zero. Undefined in C where the number does not fit: said, not guessed. */
export function floatToInteger(value: number, type: BaseType): Integer {
  if (type.encoding === ATE.boolean) return { value: value === 0 ? 0n : 1n, type };
  const whole = Math.trunc(value);
  if (!Number.isFinite(whole)) throw debugErrors.floatRange(value, type.name);
  const integer = BigInt(whole);
  const converted = toInteger(integer, type);
  if (converted.value !== integer) throw debugErrors.floatRange(value, type.name);
  return converted;
}

/** 6.3.1.8: the wider of the floating types. */
export function commonFloat(left: CNumber, right: CNumber): BaseType {
  const types = [left, right].filter(isFloatNumber).map(({ type }) => type);
  return types.reduce((widest, type) => (type.size > widest.size ? type : widest));
}

export function floatArithmetic(operator: string, left: CNumber, right: CNumber): CNumber {
  const type = commonFloat(left, right);
  const a = toFloat(left, type).float;
  const b = toFloat(right, type).float;
  // A double's result rounded to a float is the float's result: twice the digits and more are enough.
  const result = (value: number): Float => ({ float: type.size === 4 ? Math.fround(value) : value, type });
  const truth = (holds: boolean): Integer => ({ value: holds ? 1n : 0n, type: INT });
  switch (operator) {
    case '+':
      return result(a + b);
    case '-':
      return result(a - b);
    case '*':
      return result(a * b);
    case '/':
      return result(a / b);
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
    case '>=':
      return truth(a >= b);
    default:
      throw debugErrors.notAnInteger(type.name, operator);
  }
}
