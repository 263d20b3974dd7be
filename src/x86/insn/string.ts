// MOVS STOS LODS CMPS SCAS (SDM vol 2). INS and OUTS are system rows.
import type { StringOperation } from '../emit/context';
import { ARITH, type InsnRow, row } from './row';

const STRINGS: readonly [string, StringOperation, number, 'rep' | 'repz'][] = [
  ['MOVS', 'movs', 0xa4, 'rep'],
  ['CMPS', 'cmps', 0xa6, 'repz'],
  ['STOS', 'stos', 0xaa, 'rep'],
  ['LODS', 'lods', 0xac, 'rep'],
  ['SCAS', 'scas', 0xae, 'repz'],
];

export const STRING_ROWS: readonly InsnRow[] = STRINGS.flatMap(([name, operation, opcode, rep]): InsnRow[] => {
  const flags = rep === 'repz' ? { read: 'd', ...ARITH, conditional: true } : { read: 'd' };
  const marks = { rep, flags, ends: true, emit: (c: { string(o: StringOperation): void }) => c.string(operation) };
  const hex = (value: number): string => value.toString(16).toUpperCase();
  return [row(name, hex(opcode), '', { ...marks, size: 1 }), row(name, hex(opcode + 1), '', { ...marks, size: 'v' })];
});
