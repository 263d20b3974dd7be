// The map of an address space: ranges merged, frames that are mapped more than once, and what differs between two maps.
import type { Hex } from '../../protocol/wire';
import { fromHex, toHex } from '../../protocol/wire';
import { permissionLetters, type Range, sizeText } from './model';

/** What the CPU itself writes into an entry: no difference between two mappings. */
const marks = new Set(['accessed', 'dirty']);
const permissionsOf = (flags: readonly string[]): string =>
  flags
    .filter((flag) => !marks.has(flag))
    .sort()
    .join(' ');

interface Span {
  start: bigint;
  end: bigint;
  gpa: bigint;
  range: Range;
}
const spanOf = (range: Range): Span => ({ start: fromHex(range.start), end: fromHex(range.end), gpa: fromHex(range.gpa), range });

/** Neighbours that differ only in their accessed and dirty marks become one; it has a mark where one of its pages has it. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && joins(last, range)) {
      last.end = range.end;
      last.flags = [...new Set([...last.flags, ...range.flags])];
    } else merged.push({ ...range, flags: [...range.flags] });
  }
  return merged;
}

const joins = (last: Range, next: Range): boolean =>
  last.end === next.start &&
  last.pageSize === next.pageSize &&
  permissionsOf(last.flags) === permissionsOf(next.flags) &&
  fromHex(last.gpa) + fromHex(last.end) - fromHex(last.start) === fromHex(next.gpa);

/** "4 KiB × 8, 2 MiB × 511". */
export function pageCounts(ranges: readonly Range[]): string {
  const counts = new Map<number, bigint>();
  for (const { start, end, pageSize } of ranges)
    counts.set(pageSize, (counts.get(pageSize) ?? 0n) + (fromHex(end) - fromHex(start)) / BigInt(pageSize));
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([size, count]) => `${sizeText(size)} × ${count.toLocaleString('en')}`)
    .join(', ');
}

export interface Alias {
  gpa: Hex;
  size: bigint;
  /** The same frames at these addresses. */
  at: { start: Hex; flags: string[]; symbol: string }[];
}

/** Frames that are mapped at more than one address, in runs that have the same mappings. */
export function aliasesOf(ranges: readonly Range[]): Alias[] {
  const spans = ranges.map(spanOf);
  const edges = spans.flatMap((span) => [
    { gpa: span.gpa, span, opens: true },
    { gpa: span.gpa + span.end - span.start, span, opens: false },
  ]);
  edges.sort((a, b) => (a.gpa < b.gpa ? -1 : a.gpa > b.gpa ? 1 : Number(a.opens) - Number(b.opens)));
  const open = new Set<Span>();
  const aliases: Alias[] = [];
  let from = 0n;
  for (const { gpa, span, opens } of edges) {
    if (open.size > 1 && gpa > from) {
      const at = [...open].sort((a, b) => (a.start < b.start ? -1 : 1));
      aliases.push({
        gpa: toHex(from),
        size: gpa - from,
        at: at.map((each) => ({ start: toHex(each.start + from - each.gpa), flags: each.range.flags, symbol: each.range.symbol })),
      });
    }
    from = gpa;
    if (opens) open.add(span);
    else open.delete(span);
  }
  return aliases;
}

/** "0x1000 rw- kernel, 0xffff800000001000 r-x kernel". */
export const aliasText = ({ at }: Alias): string =>
  at.map(({ start, flags, symbol }) => `${start}${symbol ? ` (${symbol})` : ''} ${permissionLetters(flags)}`).join(' · ');

export interface Difference {
  start: Hex;
  end: Hex;
  what: 'only left' | 'only right' | 'other frames' | 'permissions';
  left: string;
  right: string;
}

const sideText = (span: Span | undefined, at: bigint): string =>
  span ? `${toHex(span.gpa + at - span.start)} ${permissionLetters(span.range.flags)} ${sizeText(span.range.pageSize)}` : 'not mapped';

/** Where two maps, each sorted by address, differ: what is mapped, to which frames, with which permissions. */
export function differences(left: readonly Range[], right: readonly Range[]): Difference[] {
  const [a, b] = [left.map(spanOf), right.map(spanOf)];
  const edges = [...new Set([...a, ...b].flatMap(({ start, end }) => [start, end]))].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  for (const [index, start] of edges.entries()) {
    const end = edges[index + 1];
    if (end === undefined) break;
    while (a[i] && (a[i] as Span).end <= start) i++;
    while (b[j] && (b[j] as Span).end <= start) j++;
    const [one, other] = [covering(a[i], start), covering(b[j], start)];
    const what = difference(one, other, start);
    if (what === undefined) continue;
    const next = { start: toHex(start), end: toHex(end), what, left: sideText(one, start), right: sideText(other, start) };
    const last = found.at(-1);
    if (last && last.end === next.start && last.what === what && what.startsWith('only') && continues(last, next)) last.end = next.end;
    else found.push(next);
  }
  return found;
}

/** Consecutive frames with the same permissions. */
function continues(last: Difference, next: Difference): boolean {
  const [before, after] = last.what === 'only left' ? [last.left, next.left] : [last.right, next.right];
  const [gpa = '0x0', ...rest] = before.split(' ');
  const [nextGpa = '0x0', ...nextRest] = after.split(' ');
  return fromHex(gpa) + fromHex(last.end) - fromHex(last.start) === fromHex(nextGpa) && rest.join(' ') === nextRest.join(' ');
}

const covering = (span: Span | undefined, at: bigint): Span | undefined => (span && span.start <= at && at < span.end ? span : undefined);

function difference(left: Span | undefined, right: Span | undefined, at: bigint): Difference['what'] | undefined {
  if (!left || !right) return left ? 'only left' : right ? 'only right' : undefined;
  if (left.gpa + at - left.start !== right.gpa + at - right.start) return 'other frames';
  return permissionsOf(left.range.flags) === permissionsOf(right.range.flags) ? undefined : 'permissions';
}
