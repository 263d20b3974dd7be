// Events of a list by their name: how many, and how long they took.
import type { TraceGroup } from '../protocol/requests';
import type { TracePeek } from '../trace/reader';
import { eventName, kindName, nameKey } from './trace-names';

interface Group {
  kind: string;
  name: string;
  durations: number[];
}

/** The value that so large a part of the sorted ones does not exceed (nearest rank). */
export const percentile = (sorted: Float64Array, part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;

export class TraceGrouping {
  private readonly groups = new Map<number, Group>();

  add(peek: TracePeek): void {
    const key = nameKey(peek);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { kind: kindName(peek), name: eventName(peek), durations: [] };
      this.groups.set(key, group);
    }
    group.durations.push(peek.durationNs);
  }

  /** Those that took longest in all come first, then the most frequent. */
  result(): TraceGroup[] {
    const groups = [...this.groups.values()].map(({ kind, name, durations }) => {
      const sorted = Float64Array.from(durations).sort();
      return {
        ...{ kind, name, count: sorted.length },
        totalNs: sorted.reduce((sum, ns) => sum + ns, 0),
        leastNs: sorted[0] ?? 0,
        medianNs: percentile(sorted, 0.5),
        p90Ns: percentile(sorted, 0.9),
        p99Ns: percentile(sorted, 0.99),
        mostNs: sorted.at(-1) ?? 0,
      };
    });
    return groups.sort((a, b) => b.totalNs - a.totalNs || b.count - a.count || a.name.localeCompare(b.name));
  }
}
