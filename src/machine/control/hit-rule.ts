// Whether a stop point's rule holds at the n-th time that it is met.
import type { HitRule } from './types';

export function hitRuleHolds({ compare, count }: HitRule, hits: number): boolean {
  switch (compare) {
    case 'equal':
      return hits === count;
    case 'below':
      return hits < count;
    case 'at-most':
      return hits <= count;
    case 'above':
      return hits > count;
    case 'at-least':
      return hits >= count;
    case 'multiple':
      return hits % count === 0;
  }
}
