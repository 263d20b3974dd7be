// Collapsed stacks: "outer;inner 42" a line, as stackcollapse-*.pl write them and flamegraph.pl and speedscope read them.
import { frameLabel } from '../label';
import type { Profile, ProfileFilter } from '../profile';

export function collapsedStacks(profile: Profile, filter: ProfileFilter = {}): string {
  const sums = new Map<number, number>();
  for (const { stack, weight } of profile.points(filter)) sums.set(stack, (sums.get(stack) ?? 0) + weight);
  const lines = new Map<string, number>();
  for (const [stack, sum] of sums) {
    const text = profile.stacks[stack]!.frames.map((id) => frameLabel(profile.frames[id]!).replace(/;/g, ':')).join(';');
    lines.set(text, (lines.get(text) ?? 0) + sum);
  }
  return [...lines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, sum]) => `${text} ${sum}\n`)
    .join('');
}
