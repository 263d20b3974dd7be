// A cap: CPU time that may be used per period of virtual time, as Xen's credit2 scheduler caps (a budget that is refilled every 10 ms) and Linux's CFS bandwidth
// control hands it out (in slices, so that several vCPUs of one VM share a budget). What an exit runs over is owed, so that the cap holds in the long run exactly.
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';

export const CAP_PERIOD_NS = 10_000_000;
/** What one vCPU takes of a budget at a time: a twentieth of it, within these. */
const SLICE_NS = { least: 50_000, most: 1_000_000 } as const;

export class Quota implements Stateful {
  /** Percent of one pCPU; undefined: no cap. */
  percent: number | undefined;
  private period = 0;
  private leftNs = 0;

  constructor(percent: number | undefined) {
    this.percent = percent;
    this.leftNs = this.budgetNs;
  }

  private get budgetNs(): number {
    return this.percent === undefined ? 0 : Math.round((this.percent * CAP_PERIOD_NS) / 100);
  }

  /** The present period begins anew with the new budget; what is owed stays owed. */
  set(percent: number | undefined, atNs: VirtualNs): void {
    this.refill(atNs);
    this.percent = percent;
    this.leftNs = Math.min(this.leftNs, 0) + this.budgetNs;
  }

  private refill(atNs: VirtualNs): void {
    const period = Math.floor(atNs / CAP_PERIOD_NS);
    if (period <= this.period) return;
    this.leftNs = Math.min(this.budgetNs, this.leftNs + (period - this.period) * this.budgetNs);
    this.period = period;
  }

  /** What may be taken now. */
  available(atNs: VirtualNs): number {
    if (this.percent === undefined) return Number.POSITIVE_INFINITY;
    this.refill(atNs);
    const sliceNs = Math.min(SLICE_NS.most, Math.max(SLICE_NS.least, Math.round(this.budgetNs / 20)));
    return Math.min(sliceNs, Math.max(0, this.leftNs));
  }

  /** Negative: something is given back. */
  take(ns: number): void {
    if (this.percent !== undefined) this.leftNs -= ns;
  }

  /** When there will be something again. */
  refillsAtNs(atNs: VirtualNs): VirtualNs {
    this.refill(atNs);
    const periods = this.leftNs > 0 ? 1 : 1 + Math.floor(-this.leftNs / this.budgetNs);
    return (this.period + periods) * CAP_PERIOD_NS;
  }

  save(): SavedValue {
    return { percent: this.percent ?? null, period: this.period, leftNs: this.leftNs };
  }

  restore(saved: SavedValue): void {
    const from = saved as { percent: number | null; period: number; leftNs: number };
    this.percent = from.percent ?? undefined;
    this.period = from.period;
    this.leftNs = from.leftNs;
  }
}
