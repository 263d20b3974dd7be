// How far the clocks that a guest makes of a periodic timer's ticks have fallen behind virtual time, and when: for statistics and the drift graph. No part of its state.
import type { TickSource } from '../../trace/rows';
import type { TickClock } from '../control/types';

/** Points that are kept of one clock: of twice as many every other one is dropped. */
const MOST_POINTS = 200;

interface Behind {
  ns: number;
  periodNs: number;
  points: { atNs: number; behindNs: number }[];
}

export class TickClocks {
  private readonly clocks = new Map<string, Behind>();

  /** So many ticks fewer than there were (below 0: more). */
  fell(source: TickSource, apicId: number, ticks: number, periodNs: number, atNs: number): void {
    const key = `${source} ${apicId}`;
    const clock = this.clocks.get(key) ?? { ns: 0, periodNs, points: [] };
    this.clocks.set(key, clock);
    clock.ns += ticks * periodNs;
    clock.periodNs = periodNs;
    clock.points.push({ atNs, behindNs: clock.ns });
    if (clock.points.length >= 2 * MOST_POINTS) clock.points = clock.points.filter((_, i) => i % 2 === 1);
  }

  clear(): void {
    this.clocks.clear();
  }

  /** Those that have ticked at all. */
  view(vm: number, counts: readonly { source: TickSource; apicId: number; ticks: number; lost: number }[]): TickClock[] {
    return counts
      .filter(({ ticks }) => ticks > 0)
      .map(({ source, apicId, ticks, lost }) => {
        const { ns = 0, points = [] } = this.clocks.get(`${source} ${apicId}`) ?? {};
        return { vm, vcpu: apicId, source, ticks, lost, behindNs: ns, points: points.map((point) => ({ ...point })) };
      });
  }
}
