// How a guest scales over several numbers of vCPUs, as rows: what the text, the table and the JSON of a comparison have.
import type { Measures } from '../../machine/control/compare';

export interface ScalingRow {
  readonly name: string;
  /** A ratio is to the first number of vCPUs. */
  readonly unit: 'ns' | 'count' | 'ratio';
  /** One for each number of vCPUs. */
  readonly values: readonly number[];
}

const count = (name: string, of: (run: Measures) => number) => ({ name, unit: 'count', of }) as const;
const ns = (name: string, of: (run: Measures) => number) => ({ name, unit: 'ns', of }) as const;

const ROWS: readonly { name: string; unit: ScalingRow['unit']; of: (run: Measures, first: Measures) => number }[] = [
  ns('time to the end', ({ elapsedNs }) => elapsedNs),
  { name: 'throughput', unit: 'ratio', of: ({ elapsedNs }, first) => first.elapsedNs / elapsedNs },
  ...(['IPIs', 'TLB flushes', 'yields', 'sleeps', 'hypercalls'] as const).map((name) => count(name, ({ counts }) => counts[name])),
  count('lock waits, spinning', ({ pauses }) => pauses),
  count('lock waits, asleep', ({ counts }) => counts.kicks),
  ns('steal', ({ stealNs }) => stealNs),
  ns('hypervisor time', ({ hypervisorNs }) => hypervisorNs),
];

/** Of one side's runs. */
export const scalingRows = (runs: readonly Measures[]): ScalingRow[] =>
  ROWS.map(({ name, unit, of }) => ({ name, unit, values: runs.map((run) => of(run, runs[0]!)) }));
