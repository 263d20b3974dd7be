// The past run states of one vCPU as bands, for the Time panel: bounded, oldest dropped. No part of the guest's state.
import type { VirtualNs } from '../../devices/ports';
import type { RunState } from '../control/types';

export interface Band {
  state: RunState;
  startNs: VirtualNs;
  endNs: VirtualNs;
  pcpu: number;
}

const CAPACITY = 1 << 15;

export class RunStateHistory {
  private bands: Band[] = [];
  private oldest = 0;

  add(state: RunState, startNs: VirtualNs, endNs: VirtualNs, pcpu: number): void {
    if (endNs === startNs) return;
    const last = this.bands.at(this.bands.length < CAPACITY ? -1 : this.oldest - 1);
    if (last !== undefined && last.state === state && last.pcpu === pcpu && last.endNs === startNs) {
      last.endNs = endNs;
      return;
    }
    const band = { state, startNs, endNs, pcpu };
    if (this.bands.length < CAPACITY) {
      this.bands.push(band);
    } else {
      this.bands[this.oldest] = band;
      this.oldest = (this.oldest + 1) % CAPACITY;
    }
  }

  /** What comes after `atNs` has not happened yet. */
  cutAt(atNs: VirtualNs): void {
    const kept = [...this.bands.slice(this.oldest), ...this.bands.slice(0, this.oldest)].filter(({ startNs }) => startNs < atNs);
    const last = kept.at(-1);
    if (last !== undefined) last.endNs = Math.min(last.endNs, atNs);
    this.bands = kept;
    this.oldest = 0;
  }

  clear(): void {
    this.bands = [];
    this.oldest = 0;
  }

  /** Bands that overlap [fromNs, toNs), cut to it, oldest first. */
  private overlapping(fromNs: VirtualNs, toNs: VirtualNs, present: Band): Band[] {
    const found: Band[] = [];
    const take = (band: Band): void => {
      const startNs = Math.max(band.startNs, fromNs);
      const endNs = Math.min(band.endNs, toNs);
      if (startNs < endNs) found.push({ ...band, startNs, endNs });
    };
    for (let i = 0; i < this.bands.length; i++) take(this.bands[(this.oldest + i) % this.bands.length]!);
    take(present);
    return found;
  }

  /**
   * At most `limit` bands. Where there are more, equal stretches of time are drawn as one band per state, of exactly the time spent in it:
   * what a reader sums up (the percentage of steal) stays right at every zoom.
   */
  query(fromNs: VirtualNs, toNs: VirtualNs, limit: number, present: Band): Band[] {
    const exact = this.overlapping(fromNs, toNs, present);
    if (exact.length <= limit) return exact;
    const first = exact[0]!.startNs;
    const span = exact.at(-1)!.endNs - first;
    const buckets = Math.max(1, Math.floor(limit / ORDER.length));
    const merged: Band[] = [];
    let next = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const fromBucket = first + Math.floor((span * bucket) / buckets);
      const toBucket = first + Math.floor((span * (bucket + 1)) / buckets);
      const sums = new Map<RunState, { ns: number; pcpu: number }>();
      while (next < exact.length) {
        const band = exact[next]!;
        const ns = Math.min(band.endNs, toBucket) - Math.max(band.startNs, fromBucket);
        const sum = sums.get(band.state);
        if (ns > 0) sums.set(band.state, { ns: (sum?.ns ?? 0) + ns, pcpu: sum === undefined || sum.pcpu === band.pcpu ? band.pcpu : -1 });
        if (band.endNs > toBucket) break;
        next++;
      }
      let at = fromBucket;
      for (const state of ORDER) {
        const sum = sums.get(state);
        if (sum === undefined) continue;
        merged.push({ state, startNs: at, endNs: at + sum.ns, pcpu: sum.pcpu });
        at += sum.ns;
      }
    }
    return merged;
  }
}

const ORDER: readonly RunState[] = ['running', 'runnable', 'blocked', 'offline'];
