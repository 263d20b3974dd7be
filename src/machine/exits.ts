// Exits of one VM: charged, counted, traced. The only border between guest and host.
import type { SavedValue, Stateful } from '../base/saved';
import type { ExitReasonName } from '../trace/exits.rows';
import { EXIT_REASON_ROWS, ExitReason, TraceKind } from '../trace/rows';
import type { ExitTotals } from './control/types';
import type { CostTable } from './costs/table';
import { costOf } from './costs/tables';

/** One vCPU as its exits need it. */
export interface ExitingVcpu {
  readonly index: number;
  localNs(): number;
  rip(): bigint;
  /** Adds the cost to virtual time and to the hypervisor's share, then lets events that are due by now happen. */
  charge(ns: number): void;
}

export type TraceEmit = (
  kind: number,
  vcpu: number,
  atNs: number,
  durationNs: number,
  rip: bigint,
  f0?: number | bigint,
  f1?: number | bigint,
  f2?: number | bigint,
  f3?: number | bigint,
  f4?: number | bigint,
) => void;

export class Exits implements Stateful {
  /** By reason index; -1: does not exit. */
  private readonly costNs: Int32Array;
  private readonly counts: Float64Array;
  private readonly sumsNs: Float64Array;

  constructor(
    costs: CostTable,
    private readonly emit: TraceEmit,
  ) {
    const reasons = EXIT_REASON_ROWS.length;
    this.costNs = new Int32Array(reasons).fill(-1);
    this.counts = new Float64Array(reasons);
    this.sumsNs = new Float64Array(reasons);
    for (const { name } of EXIT_REASON_ROWS) this.costNs[ExitReason[name]] = costOf(costs, name)?.ns ?? -1;
  }

  happens(reason: ExitReasonName): boolean {
    return this.costNs[ExitReason[reason]]! >= 0;
  }

  /** `happens` by its index. */
  isExit(index: number): boolean {
    return this.costNs[index]! >= 0;
  }

  /** An exit, in two halves around what the host does in it: the cost of one that happens, charged and counted, … */
  begin(vcpu: ExitingVcpu, index: number): number {
    const costNs = this.costNs[index]!;
    this.count(index, costNs);
    vcpu.charge(costNs);
    return costNs;
  }
  /** … and its event. */
  end(
    vcpu: ExitingVcpu,
    index: number,
    costNs: number,
    startNs: number,
    rip: bigint,
    a0: number | bigint,
    a1: number | bigint,
    a2: number | bigint,
    result: number | bigint,
  ): void {
    this.emit(TraceKind['vm-exit'], vcpu.index, startNs, costNs, rip, index, a0, a1, a2, result);
  }

  /** What an exit that happens costs. */
  costOf(index: number): number {
    return this.costNs[index]!;
  }
  /** So many exits that the processor has charged and recorded itself. */
  happened(index: number, times: number): number {
    const costNs = this.costNs[index]!;
    this.counts[index] = this.counts[index]! + times;
    this.sumsNs[index] = this.sumsNs[index]! + times * costNs;
    return times * costNs;
  }

  /** An exit whose cost the caller has charged already and whose event is another one (HLT, a hypercall). */
  note(reason: ExitReasonName): number {
    const index = ExitReason[reason];
    const costNs = Math.max(0, this.costNs[index]!);
    this.count(index, costNs);
    return costNs;
  }

  private count(index: number, costNs: number): void {
    this.counts[index] = this.counts[index]! + 1;
    this.sumsNs[index] = this.sumsNs[index]! + costNs;
  }

  totals(): ExitTotals[] {
    const totals: ExitTotals[] = [];
    for (const [index, row] of EXIT_REASON_ROWS.entries()) {
      if (this.counts[index]! > 0) totals.push({ reason: row.name, count: this.counts[index]!, virtualNs: this.sumsNs[index]! });
    }
    return totals;
  }

  save(): SavedValue {
    return { counts: [...this.counts], sumsNs: [...this.sumsNs] };
  }

  restore(saved: SavedValue): void {
    const from = saved as { counts: number[]; sumsNs: number[] };
    this.counts.set(from.counts);
    this.sumsNs.set(from.sumsNs);
  }
}
