// Masked moves and gathers (SDM vol 2): TypeScript helpers compute the address of each lane.
import { type InsnRow, type RowMarks, row } from '../row';
import { WIDTHS } from './lanes';

const helper = (feature: string, name: string): RowMarks => ({ unit: 'avx', feature, helper: name });

const MASKED = [
  ['VMASKMOVPS', 'W0', '2C', '2E', 32, 'avx'],
  ['VMASKMOVPD', 'W0', '2D', '2F', 64, 'avx'],
  ['VPMASKMOVD', 'W0', '8C', '8E', 32, 'avx2'],
  ['VPMASKMOVQ', 'W1', '8C', '8E', 64, 'avx2'],
] as const;
/** Bits of an index and of a lane. */
const GATHERS = [
  ['VPGATHERDD', 'W0', '90', 32, 32],
  ['VPGATHERDQ', 'W1', '90', 32, 64],
  ['VPGATHERQD', 'W0', '91', 64, 32],
  ['VPGATHERQQ', 'W1', '91', 64, 64],
  ['VGATHERDPS', 'W0', '92', 32, 32],
  ['VGATHERDPD', 'W1', '92', 32, 64],
  ['VGATHERQPS', 'W0', '93', 64, 32],
  ['VGATHERQPD', 'W1', '93', 64, 64],
] as const;
const LETTER = { 32: 'D', 64: 'Q' } as const;

export const MASKED_ROWS: readonly InsnRow[] = WIDTHS.flatMap(({ bytes, length, suffix }) => [
  ...MASKED.flatMap(([name, w, load, store, bits, feature]) => [
    row(name, `VEX.${length}.66.0F38.${w} ${load} /r`, `x${suffix}:w, vx${suffix}:r, m${length}:r`, helper(feature, `maskedLoad${bits}`)),
    row(name, `VEX.${length}.66.0F38.${w} ${store} /r`, `m${length}:w, vx${suffix}:r, x${suffix}:r`, helper(feature, `maskedStore${bits}`)),
  ]),
  ...GATHERS.map(([name, w, opcode, index, lane]) => {
    // The narrower of indices and lanes has half as many bits as the vector.
    const half = bytes === 32 && index !== lane;
    const register = half && lane < index ? '' : suffix;
    const indices = half && index < lane ? '128' : length;
    const operands = `x${register}:rw, vsib${indices}:r, vx${register}:rw`;
    return row(name, `VEX.${length}.66.0F38.${w} ${opcode} /r`, operands, helper('avx2', `gather${LETTER[index]}${LETTER[lane]}`));
  }),
]);
