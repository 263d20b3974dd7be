// VPSLLV, VPSRLV, VPSRAV: every lane by its own count (SDM vol 2).
import type { PlainOp } from '../../../wasm/opcodes';
import { type Emit, type InsnRow, row } from '../row';
import { avx, clearAbove, type VectorBytes } from './generator';
import { WIDTHS } from './lanes';

type Shift = 'shl' | 'shr_u' | 'shr_s';

/** A lane is read and written before the next one: the destination may be a source. */
const shiftLanes =
  (bytes: VectorBytes, lane: 4 | 8, shift: Shift): Emit =>
  (c) => {
    const { f } = c;
    const counts = c.xmm(2, bytes);
    const source = c.slot(1);
    const to = c.slot(0);
    const type = lane === 4 ? 'i32' : 'i64';
    const count = lane === 4 ? c.temp32() : c.temp();
    const constant = (value: number): void => {
      if (lane === 4) f.i32(value);
      else f.i64(value);
    };
    const bits = lane * 8;
    for (let at = 0; at < bytes; at += lane) {
      f.get(counts).mem(`${type}.load`, at).set(count);
      f.get(to).get(source).mem(`${type}.load`, at).get(count);
      if (shift === 'shr_s') {
        constant(bits - 1);
        f.get(count);
        constant(bits);
        f.op(`${type}.lt_u`, 'select', `${type}.shr_s`);
      } else {
        f.op(`${type}.${shift}` satisfies PlainOp);
        constant(0);
        f.get(count);
        constant(bits);
        f.op(`${type}.lt_u`, 'select');
      }
      f.mem(`${type}.store`, at);
    }
    if (bytes === 16) clearAbove(c, to, 16);
  };

const SHIFTS: readonly [string, string, string, 4 | 8, Shift][] = [
  ['VPSLLVD', 'W0', '47', 4, 'shl'],
  ['VPSLLVQ', 'W1', '47', 8, 'shl'],
  ['VPSRLVD', 'W0', '45', 4, 'shr_u'],
  ['VPSRLVQ', 'W1', '45', 8, 'shr_u'],
  ['VPSRAVD', 'W0', '46', 4, 'shr_s'],
];

export const VARIABLE_SHIFT_ROWS: readonly InsnRow[] = WIDTHS.flatMap(({ bytes, length, suffix }) => [
  ...SHIFTS.map(([name, w, opcode, lane, shift]) =>
    row(
      name,
      `VEX.${length}.66.0F38.${w} ${opcode} /r`,
      `x${suffix}:w, vx${suffix}:r, xm${length}:r`,
      avx('avx2', shiftLanes(bytes, lane, shift)),
    ),
  ),
]);
