// One run of a comparison, measured: where every vCPU's time went, the exits by reason, and how often what was counted by the trace.

import type { TraceEvent } from '../../trace/reader';
import { TraceKind } from '../../trace/rows';
import type { HostStatistics } from '../control/types';
import type { Host } from '../host';

/** Events that a comparison counts, by their kind in the trace. */
export const COUNTED = [
  { name: 'hypercalls', kind: 'hypercall', doc: 'Paravirtual calls.' },
  { name: 'IPIs', kind: 'ipi', doc: 'Inter-processor interrupts, one for each target.' },
  { name: 'TLB flushes', kind: 'tlb-flush', doc: 'TLBs that the host flushed for the guest.' },
  { name: 'kicks', kind: 'kick', doc: 'vCPUs that slept for a lock and were woken by its owner.' },
  { name: 'yields', kind: 'yield-to', doc: 'Times that a vCPU offered its time to a preempted one.' },
  { name: 'sleeps', kind: 'sched-block', doc: 'Times that a vCPU gave up its pCPU until something woke it: HLT, also in a lock.' },
  {
    name: 'waits',
    kind: 'run-state',
    to: 'runnable',
    doc: 'Times that a vCPU became able to run, woken or preempted: until it runs is steal.',
  },
] as const;
export type CountedName = (typeof COUNTED)[number]['name'];

/** Sums over all vCPUs of all VMs, in virtual ns. guest + hypervisor + steal + blocked + offline = elapsed × vCPUs. */
export interface Measures {
  vcpus: number;
  elapsedNs: number;
  guestNs: number;
  hypervisorNs: number;
  stealNs: number;
  blockedNs: number;
  offlineNs: number;
  instructions: number;
  exits: { reason: string; count: number; virtualNs: number }[];
  counts: Record<CountedName, number>;
  /** PAUSE instructions: turns of loops that wait for a lock. */
  pauses: number;
  ended: string;
}

/** Whether an event of the row's kind is one that it counts. */
const counts = (row: (typeof COUNTED)[number], event: () => TraceEvent): boolean => !('to' in row) || event().fields.to === row.to;

/** Counts from now on. */
export class Counter {
  private readonly counts = new Map<number, number>();

  constructor(host: Host) {
    const rows = new Map(COUNTED.map((row) => [TraceKind[row.kind] as number, row]));
    for (const kind of rows.keys()) this.counts.set(kind, 0);
    host.recorder.addSink((kind, event) => {
      const row = rows.get(kind);
      if (row !== undefined && counts(row, event)) this.counts.set(kind, this.counts.get(kind)! + 1);
    });
  }

  get totals(): Record<CountedName, number> {
    return Object.fromEntries(COUNTED.map(({ name, kind }) => [name, this.counts.get(TraceKind[kind]) ?? 0])) as Record<
      CountedName,
      number
    >;
  }
}

export function measuresOf(statistics: HostStatistics, counts: Readonly<Record<CountedName, number>>, ended: string): Measures {
  const { vcpus, virtualNs, instructions, exits, engine } = statistics;
  const sum = (of: (vcpu: HostStatistics['vcpus'][number]) => number) => vcpus.reduce((total, vcpu) => total + of(vcpu), 0);
  const hypervisorNs = sum((vcpu) => vcpu.hypervisorNs);
  return {
    vcpus: vcpus.length,
    elapsedNs: virtualNs,
    guestNs: sum((vcpu) => vcpu.runningNs) - hypervisorNs,
    hypervisorNs,
    stealNs: sum((vcpu) => vcpu.runnableNs),
    blockedNs: sum((vcpu) => vcpu.blockedNs),
    offlineNs: sum((vcpu) => vcpu.offlineNs),
    instructions,
    exits: exits.map(({ reason, count, virtualNs: ns }) => ({ reason, count, virtualNs: ns })),
    counts: { ...counts },
    pauses: engine.reduce((total, { counters }) => total + (counters.pauses ?? 0), 0),
    ended,
  };
}
