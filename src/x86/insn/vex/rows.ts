// The rows of AVX, AVX2, FMA and F16C. A new family is one file and one line here.
import type { InsnRow } from '../row';
import { BLEND } from '../sse/blend';
import { CONVERT } from '../sse/convert';
import { FLOAT_ARITHMETIC } from '../sse/float-arithmetic';
import { FLOAT_OTHER } from '../sse/float-other';
import { FLOAT_ROUND } from '../sse/float-round';
import { INTEGER } from '../sse/integer';
import { INTEGER_EXTENDED } from '../sse/integer-extended';
import { SHIFT } from '../sse/shift';
import { SHUFFLE } from '../sse/shuffle';
import { SHUFFLE_BYTES } from '../sse/shuffle-bytes';
import { SPECIAL } from '../sse/special';
import { BROADCAST_ROWS } from './broadcast';
import { VEX_CONTROL_ROWS } from './control';
import { F16C_ROWS } from './f16c';
import { FMA_ROWS } from './fma';
import { VEX_FROM_SSE_ROWS } from './from-sse';
import { vexRows } from './generator';
import { MASKED_ROWS } from './masked';
import { VEX_MOVE_ROWS } from './move';
import { PERMUTE_ROWS } from './permute';
import { VARIABLE_SHIFT_ROWS } from './variable-shift';

export const VEX_ROWS: readonly InsnRow[] = [
  ...VEX_MOVE_ROWS,
  ...[INTEGER, INTEGER_EXTENDED, SHIFT, SHUFFLE, SHUFFLE_BYTES, BLEND, FLOAT_ARITHMETIC, FLOAT_OTHER, FLOAT_ROUND, CONVERT, SPECIAL]
    .flat()
    .flatMap(vexRows),
  ...VEX_FROM_SSE_ROWS,
  ...BROADCAST_ROWS,
  ...PERMUTE_ROWS,
  ...VARIABLE_SHIFT_ROWS,
  ...FMA_ROWS,
  ...F16C_ROWS,
  ...MASKED_ROWS,
  ...VEX_CONTROL_ROWS,
];
