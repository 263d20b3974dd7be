// The list of all instruction rows. A new family is one file and one line here. Where encodings overlap, the more exact one wins, then the earlier one.
import { ALU_ROWS } from './alu';
import { BIT_ROWS } from './bits';
import { BMI_ROWS } from './bmi';
import { CONTROL_ROWS } from './control';
import { MISC_ROWS } from './misc';
import { MMX_ROWS } from './mmx';
import { MMX_MOVE_ROWS } from './mmx-move';
import { MOV_ROWS } from './mov';
import { MOVBE_ROWS } from './movbe';
import { MUL_DIV_ROWS } from './mul-div';
import type { InsnRow } from './row';
import { SHIFT_ROWS } from './shift';
import { SSE_ROWS } from './sse/rows';
import { STACK_ROWS } from './stack';
import { STRING_ROWS } from './string';
import { SYSTEM_ROWS } from './system';
import { VEX_ROWS } from './vex/rows';
import { X87_ROWS } from './x87';
import { X87_CONTROL_ROWS } from './x87-control';

export const INSN_ROWS: readonly InsnRow[] = [
  ...ALU_ROWS,
  ...MOV_ROWS,
  ...SHIFT_ROWS,
  ...MUL_DIV_ROWS,
  ...BIT_ROWS,
  ...BMI_ROWS,
  ...MOVBE_ROWS,
  ...CONTROL_ROWS,
  ...STACK_ROWS,
  ...STRING_ROWS,
  ...MISC_ROWS,
  ...SSE_ROWS,
  ...VEX_ROWS,
  ...SYSTEM_ROWS,
  ...MMX_ROWS,
  ...MMX_MOVE_ROWS,
  ...X87_ROWS,
  ...X87_CONTROL_ROWS,
];
