// Hit counts as people write them: "5" and "== 5" stop at the fifth time, ">= 5", "> 5", "< 5", "% 5" at every fifth. The engine's thread counts.
import type { HitRule } from '../../machine/control/types';
import { debugErrors } from '../debug-error';

const COMPARE: Readonly<Record<string, HitRule['compare']>> = {
  '>=': 'at-least',
  '>': 'above',
  '<=': 'at-most',
  '<': 'below',
  '%': 'multiple',
};

export function parseHitCondition(text: string): HitRule {
  const match = /^\s*(==|=|>=|>|<=|<|%)?\s*(\d{1,15})\s*$/.exec(text);
  const count = Number(match?.[2] ?? 0);
  if (!match || (match[1] === '%' && count === 0)) throw debugErrors.badHitCondition(text);
  return { compare: COMPARE[match[1] ?? '=='] ?? 'equal', count };
}
