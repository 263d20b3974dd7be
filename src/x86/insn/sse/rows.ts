// The rows of SSE to SSE4.2 and the instruction sets beside them on XMM registers. A new family is one file and one line here.
import type { InsnRow } from '../row';
import { CONVERT, CONVERT_ROWS } from './convert';
import { FLOAT_ARITHMETIC } from './float-arithmetic';
import { FLOAT_COMPARE, ORDERED_ROWS } from './float-compare';
import { INTEGER } from './integer';
import { MASK_ROWS } from './mask';
import { MOVE_ROWS } from './move';
import { legacyRow } from './operation';
import { SHIFT, SHIFT_IMMEDIATE_ROWS } from './shift';
import { SHUFFLE } from './shuffle';

export const SSE_ROWS: readonly InsnRow[] = [
  ...MOVE_ROWS,
  ...MASK_ROWS,
  ...INTEGER.map(legacyRow),
  ...SHIFT.map(legacyRow),
  ...SHIFT_IMMEDIATE_ROWS,
  ...SHUFFLE.map(legacyRow),
  ...FLOAT_ARITHMETIC.map(legacyRow),
  ...FLOAT_COMPARE.map(legacyRow),
  ...ORDERED_ROWS,
  ...CONVERT.map(legacyRow),
  ...CONVERT_ROWS,
];
