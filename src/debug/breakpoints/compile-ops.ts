// Operations that conditions are compiled to: C's operators in the small programs of the engine's thread.
import type { BinaryOperator, ProgramOp } from '../../machine/control/types';
import type { InfixOperator } from '../c/ast';

/** Not wrong, but only the stopped guest can tell. */
export class Later extends Error {}

export const constant = (value: bigint): ProgramOp => ({ op: 'const', value: BigInt.asUintN(64, value) });
export const binary = (operator: BinaryOperator): ProgramOp => ({ op: 'binary', operator });

/** Signed, then unsigned. */
export const COMPARISONS: Partial<Record<InfixOperator, readonly [BinaryOperator, BinaryOperator]>> = {
  '==': ['eq', 'eq'],
  '!=': ['ne', 'ne'],
  '<': ['lts', 'ltu'],
  '<=': ['les', 'leu'],
  '>': ['gts', 'gtu'],
  '>=': ['ges', 'geu'],
};
export const ARITHMETIC: Partial<Record<InfixOperator, readonly [BinaryOperator, BinaryOperator]>> = {
  '+': ['add', 'add'],
  '-': ['sub', 'sub'],
  '*': ['mul', 'mul'],
  '/': ['divs', 'divu'],
  '%': ['mods', 'modu'],
  '&': ['and', 'and'],
  '|': ['or', 'or'],
  '^': ['xor', 'xor'],
};

export function extend(size: number, signed: boolean): ProgramOp[] {
  if (size === 8) return [];
  if (size !== 1 && size !== 2 && size !== 4) throw new Later();
  return [{ op: 'extend', size, signed }];
}
