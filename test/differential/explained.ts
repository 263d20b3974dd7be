// Differences between the engine and a native CPU that have a reason. Each row says which results it excuses and why.
import type { InsnRow } from '../../src/x86/insn/row';
import type { Result, Vector } from './vector';

export interface Explanation {
  reason: string;
  applies(at: { row: InsnRow | undefined; vector: Vector; native: Result; engine: Result; field: string }): boolean;
}

export const EXPLAINED: readonly Explanation[] = [
  {
    reason: 'the process died: nothing is known',
    applies: ({ native }) => native.get('end') === 'lost',
  },
];
