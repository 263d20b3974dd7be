// The arithmetic of DWARF's stack machine: the generic type (an address-sized integer whose sign the operation chooses)
// and integer base types (DWARF 5, 2.5.1.4). Floating point is refused: no compiler for kernels needs it.

import { DW_ATE } from './attributes';

export interface StackType {
  readonly size: number;
  /** DW_ATE_… */
  readonly encoding: number;
}

/** `value` is the bit pattern, never negative; a missing type is the generic type. */
export interface StackValue {
  readonly value: bigint;
  readonly type: StackType | undefined;
}

type BinaryName = 'and' | 'div' | 'minus' | 'mod' | 'mul' | 'or' | 'plus' | 'shl' | 'shr' | 'shra' | 'xor';
const COMPARISONS = ['eq', 'ge', 'gt', 'le', 'lt', 'ne'] as const;
type ComparisonName = (typeof COMPARISONS)[number];

export function isComparison(name: string): name is ComparisonName {
  return (COMPARISONS as readonly string[]).includes(name);
}

function bitsOf(value: StackValue, addressSize: number): number {
  return (value.type?.size ?? addressSize) * 8;
}

function isSigned(type: StackType | undefined, generic: boolean): boolean {
  if (!type) return generic;
  if (type.encoding === DW_ATE.float || type.encoding === DW_ATE.complex_float)
    throw new RangeError('floating-point DWARF arithmetic is not supported yet');
  return type.encoding === DW_ATE.signed || type.encoding === DW_ATE.signed_char;
}

function interpret(value: StackValue, addressSize: number, genericIsSigned: boolean): bigint {
  return isSigned(value.type, genericIsSigned) ? BigInt.asIntN(bitsOf(value, addressSize), value.value) : value.value;
}

export function arithmetic(name: BinaryName, left: StackValue, right: StackValue, addressSize: number): StackValue {
  const bits = bitsOf(left, addressSize);
  // Division is signed in the generic type, the remainder unsigned (2.5.1.4).
  const genericIsSigned = name === 'div' || name === 'shra';
  const a = name === 'shr' ? left.value : name === 'shra' ? BigInt.asIntN(bits, left.value) : interpret(left, addressSize, genericIsSigned);
  const b = name === 'shl' || name === 'shr' || name === 'shra' ? right.value : interpret(right, addressSize, genericIsSigned);
  return { value: BigInt.asUintN(bits, binary(name, a, b, BigInt(bits))), type: left.type };
}

function binary(name: BinaryName, a: bigint, b: bigint, bits: bigint): bigint {
  switch (name) {
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'plus':
      return a + b;
    case 'minus':
      return a - b;
    case 'mul':
      return a * b;
    case 'div':
      if (b === 0n) throw new RangeError('the expression divides by zero');
      return a / b;
    case 'mod':
      if (b === 0n) throw new RangeError('the expression divides by zero');
      return a % b;
    case 'shl':
      return b >= bits ? 0n : a << b;
    case 'shr':
      return b >= bits ? 0n : a >> b;
    case 'shra':
      return a >> (b >= bits ? bits : b);
  }
}

export function compare(name: ComparisonName, left: StackValue, right: StackValue, addressSize: number): boolean {
  const a = interpret(left, addressSize, true);
  const b = interpret(right, addressSize, true);
  switch (name) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'ge':
      return a >= b;
    case 'gt':
      return a > b;
    case 'le':
      return a <= b;
    case 'lt':
      return a < b;
  }
}

export function unary(name: 'abs' | 'neg' | 'not', operand: StackValue, addressSize: number): StackValue {
  const bits = bitsOf(operand, addressSize);
  const value = interpret(operand, addressSize, true);
  const result = name === 'not' ? ~value : name === 'neg' || value < 0n ? -value : value;
  return { value: BigInt.asUintN(bits, result), type: operand.type };
}

/** DW_OP_convert keeps the number, DW_OP_reinterpret the bits; no type is the generic type. */
export function convert(operand: StackValue, type: StackType | undefined, addressSize: number, reinterpret: boolean): StackValue {
  const bits = (type?.size ?? addressSize) * 8;
  isSigned(type, true);
  const value = reinterpret ? operand.value : interpret(operand, addressSize, false);
  return { value: BigInt.asUintN(bits, value), type };
}
