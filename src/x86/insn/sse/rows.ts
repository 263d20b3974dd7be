// The rows of SSE to SSE4.2 and the instruction sets beside them on XMM registers. A new family is one file and one line here.
import type { InsnRow } from '../row';
import { BLEND, BLEND_ROWS } from './blend';
import { CONVERT, CONVERT_ROWS } from './convert';
import { FLOAT_ARITHMETIC } from './float-arithmetic';
import { FLOAT_COMPARE, ORDERED_ROWS } from './float-compare';
import { FLOAT_OTHER } from './float-other';
import { FLOAT_ROUND } from './float-round';
import { GENERAL_ROWS } from './general';
import { INSERT_EXTRACT_ROWS } from './insert-extract';
import { INTEGER } from './integer';
import { INTEGER_EXTENDED } from './integer-extended';
import { MASK_ROWS } from './mask';
import { MOVE_ROWS } from './move';
import { legacyRow } from './operation';
import { SHIFT, SHIFT_IMMEDIATE_ROWS } from './shift';
import { SHUFFLE } from './shuffle';
import { SHUFFLE_BYTES } from './shuffle-bytes';
import { SHA, SPECIAL } from './special';
import { STRING_COMPARE_ROWS } from './strings';
import { TEST_ROWS } from './test';

export const SSE_ROWS: readonly InsnRow[] = [
  ...MOVE_ROWS,
  ...MASK_ROWS,
  ...INTEGER.map(legacyRow),
  ...INTEGER_EXTENDED.map(legacyRow),
  ...SHIFT.map(legacyRow),
  ...SHIFT_IMMEDIATE_ROWS,
  ...SHUFFLE.map(legacyRow),
  ...SHUFFLE_BYTES.map(legacyRow),
  ...BLEND.map(legacyRow),
  ...BLEND_ROWS,
  ...INSERT_EXTRACT_ROWS,
  ...TEST_ROWS,
  ...FLOAT_ARITHMETIC.map(legacyRow),
  ...FLOAT_COMPARE.map(legacyRow),
  ...ORDERED_ROWS,
  ...FLOAT_OTHER.map(legacyRow),
  ...FLOAT_ROUND.map(legacyRow),
  ...SPECIAL.map(legacyRow),
  ...SHA.map(legacyRow),
  ...STRING_COMPARE_ROWS,
  ...GENERAL_ROWS,
  ...CONVERT.map(legacyRow),
  ...CONVERT_ROWS,
];
