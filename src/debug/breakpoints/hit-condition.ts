// Hit counts as people write them: "5" and "== 5" stop at the fifth time, ">= 5", "> 5", "< 5", "% 5" at every fifth.
import { debugErrors } from '../debug-error';

export type HitCondition = (hits: number) => boolean;

export function parseHitCondition(text: string): HitCondition {
  const match = /^\s*(==|=|>=|>|<=|<|%)?\s*(\d{1,15})\s*$/.exec(text);
  const count = Number(match?.[2] ?? 0);
  if (!match || (match[1] === '%' && count === 0)) throw debugErrors.badHitCondition(text);
  switch (match[1]) {
    case '>=':
      return (hits) => hits >= count;
    case '>':
      return (hits) => hits > count;
    case '<=':
      return (hits) => hits <= count;
    case '<':
      return (hits) => hits < count;
    case '%':
      return (hits) => hits % count === 0;
    default:
      return (hits) => hits === count;
  }
}
