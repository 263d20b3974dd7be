// The one interpreter of stop points' programs: a stack machine over whatever stands for a value. program.ts runs them over 64-bit values, may-hold.ts over values
// of which some are not known any more.
import type { BinaryOperator, Program, ProgramOp } from './types';

export type SourceOp = Extract<ProgramOp, { op: 'register' | 'hypercall' | 'hypercall-name-is' | 'event' | 'event-name-is' }>;
export type LoadOp = Extract<ProgramOp, { op: 'load' }>;

/** Undefined everywhere: it cannot be read or computed. */
export interface ValueDomain<V> {
  of(value: bigint): V;
  source(op: SourceOp): V | undefined;
  load(op: LoadOp, address: V): V | undefined;
  unary(compute: (a: bigint) => bigint, a: V): V;
  binary(operator: BinaryOperator, a: V, b: V): V | undefined;
  select(condition: V, then: V | undefined, otherwise: V | undefined): V | undefined;
}

export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

const UNARY = { neg: (a: bigint) => -a, not: (a: bigint) => ~a, lnot: (a: bigint) => (a === 0n ? 1n : 0n) };

export function extend(value: bigint, size: number, signed: boolean): bigint {
  return signed ? u64(BigInt.asIntN(size * 8, value)) : BigInt.asUintN(size * 8, value);
}

/** What is on top of the stack at the end; undefined where something could not be read or computed. */
export function interpret<V>(program: Program, domain: ValueDomain<V>): V | undefined {
  const stack: V[] = [];
  for (const op of program) {
    if (op.op === 'drop') {
      stack.pop();
      continue;
    }
    const value = step(op, stack, domain);
    if (value === undefined) return undefined;
    stack.push(value);
  }
  return stack.at(-1);
}

function step<V>(op: Exclude<ProgramOp, { op: 'drop' }>, stack: V[], domain: ValueDomain<V>): V | undefined {
  switch (op.op) {
    case 'const':
      return domain.of(op.value);
    case 'dup':
      return stack.at(-1);
    case 'load': {
      const address = stack.pop();
      return address === undefined ? undefined : domain.load(op, address);
    }
    case 'binary': {
      const b = stack.pop();
      const a = stack.pop();
      return a === undefined || b === undefined ? undefined : domain.binary(op.operator, a, b);
    }
    case 'unary': {
      const a = stack.pop();
      return a === undefined ? undefined : domain.unary(UNARY[op.operator], a);
    }
    case 'extend': {
      const a = stack.pop();
      return a === undefined ? undefined : domain.unary((value) => extend(value, op.size, op.signed), a);
    }
    case 'select': {
      // condition, if true, if false → one of the two
      const otherwise = stack.pop();
      const then = stack.pop();
      const condition = stack.pop();
      return condition === undefined ? undefined : domain.select(condition, then, otherwise);
    }
    default:
      return domain.source(op);
  }
}
