// Filters as a person types them over the columns of the event list: texts with alternatives and "!", spans of time, lists of numbers.
import { parseDurationNs } from './launch/values';

/** "IPI", "kick|ipi", "!io": contains one of the alternatives, or none of them. Undefined: everything. */
export function textFilter(typed: string | undefined): ((text: string) => boolean) | undefined {
  const trimmed = typed?.trim().toLowerCase() ?? '';
  const negated = trimmed.startsWith('!');
  const wanted = (negated ? trimmed.slice(1) : trimmed)
    .split('|')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  if (wanted.length === 0) return undefined;
  return (text) => {
    const lower = text.toLowerCase();
    return wanted.some((each) => lower.includes(each)) !== negated;
  };
}

/** "> 2us", "<= 1 ms", "1ms..2ms", "..3s": undefined: everything; null: it cannot be read. */
export function spanFilter(typed: string | undefined): ((ns: number) => boolean) | undefined | null {
  const trimmed = typed?.trim() ?? '';
  if (trimmed === '') return undefined;
  const between = /^(.*)\.\.(.*)$/.exec(trimmed);
  if (between) {
    const [from, to] = [between[1]?.trim() ?? '', between[2]?.trim() ?? ''].map((text, i) =>
      text === '' ? (i ? Infinity : 0) : nsOf(text),
    );
    if (from === undefined || to === undefined) return null;
    return (ns) => ns >= from && ns <= to;
  }
  const [, operator = '', text = ''] = /^(>=|<=|>|<|=)?(.*)$/.exec(trimmed) ?? [];
  const limit = nsOf(text);
  if (limit === undefined) return null;
  switch (operator) {
    case '>':
      return (ns) => ns > limit;
    case '<':
      return (ns) => ns < limit;
    case '<=':
      return (ns) => ns <= limit;
    case '=':
      return (ns) => ns === limit;
    default:
      return (ns) => ns >= limit;
  }
}

/** A number without a unit is nanoseconds. */
const nsOf = (text: string): number | undefined => (/^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : parseDurationNs(text));

/** "0", "0,2-3": undefined: everything; null: it cannot be read. */
export function listFilter(typed: string | undefined): ((value: number) => boolean) | undefined | null {
  const trimmed = typed?.trim() ?? '';
  if (trimmed === '') return undefined;
  const ranges: [number, number][] = [];
  for (const part of trimmed.split(',')) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part);
    if (!match) return null;
    ranges.push([Number(match[1]), Number(match[2] ?? match[1])]);
  }
  return (value) => ranges.some(([low, high]) => value >= low && value <= high);
}
