// Differences between vector instructions here and on a native CPU that have a reason.

import type { Result } from '../../src/engine/vectors/vector';
import type { Comparison, Explanation } from './explained';

const isFault = (result: Result, vector: string): boolean => result.get('end') === 'exception' && result.get('vector') === vector;
const name = ({ row }: Comparison): string => row?.name.replace(/^V/, '') ?? '';

/** Lanes of a result by 32 bits. */
const lanes = (text: string): number[] => (text.padStart(64, '0').match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16));
const float = (bits: number): number => new Float32Array(new Uint32Array([bits]).buffer)[0] as number;
/** Two approximations, each within 1.5 × 2^-12 of the truth. */
const near = (a: number, b: number): boolean => a === b || Math.abs(float(a) / float(b) - 1) < 3 * 2 ** -12;

export const VECTOR_EXPLAINED: readonly Explanation[] = [
  {
    reason: "RCP, RSQRT: the approximation is the processor's own, within 1.5 × 2^-12 (SDM vol 2); here it is that of Intel's",
    applies: (at) => {
      const [native, engine] = [at.native.get(at.field), at.engine.get(at.field)];
      if (!/^R(CP|SQRT)[PS]S$/.test(name(at)) || !/^[xyz]mm/.test(at.field) || native === undefined || engine === undefined) return false;
      const other = lanes(engine);
      return lanes(native).every((lane, i) => near(lane, other[i] as number));
    },
  },
  {
    reason:
      'SHA with a misaligned operand in memory: #GP(0) as every legacy SSE instruction of exception type 4 (SDM vol 2, table 2-21); AMD does not check',
    applies: (at) => name(at).startsWith('SHA') && isFault(at.engine, 'd'),
  },
];
