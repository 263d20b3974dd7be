// A comparison in rows: what each side measured, its difference to the first side, and of which event rows that difference is made. The rows sum to it.
import type { Measures } from './measure';

export interface CompareRow {
  readonly name: string;
  readonly unit: 'ns' | 'count';
  /** One for each side. */
  readonly values: readonly number[];
}

/** Why one side's time differs from the first side's: event rows whose sum is the difference. */
export interface Explanation {
  /** Index of the side. */
  readonly side: number;
  /** What differs: vCPU time to the end, over all vCPUs. */
  readonly differenceNs: number;
  readonly parts: readonly { readonly name: string; readonly differenceNs: number; readonly differenceCount: number | undefined }[];
}

export interface CompareReport {
  readonly totals: readonly CompareRow[];
  /** By reason: how often, and what they took. */
  readonly exits: readonly { readonly reason: string; readonly counts: readonly number[]; readonly ns: readonly number[] }[];
  readonly counts: readonly CompareRow[];
  readonly explanations: readonly Explanation[];
}

const TIMES = [
  ['virtual time', 'elapsedNs'],
  ['guest time', 'guestNs'],
  ['hypervisor time', 'hypervisorNs'],
  ['steal', 'stealNs'],
  ['blocked', 'blockedNs'],
  ['offline', 'offlineNs'],
] as const;

/** vCPU time of a run: what the states of all vCPUs sum to. */
const wholeNs = ({ guestNs, hypervisorNs, stealNs, blockedNs, offlineNs }: Measures): number =>
  guestNs + hypervisorNs + stealNs + blockedNs + offlineNs;

export function compareReport(sides: readonly Measures[]): CompareReport {
  const reasons = [...new Set(sides.flatMap(({ exits }) => exits.map(({ reason }) => reason)))];
  const exits = reasons
    .map((reason) => {
      const rows = sides.map((side) => side.exits.find((each) => each.reason === reason));
      return { reason, counts: rows.map((row) => row?.count ?? 0), ns: rows.map((row) => row?.virtualNs ?? 0) };
    })
    .sort((a, b) => Math.max(...b.ns) - Math.max(...a.ns) || (a.reason < b.reason ? -1 : 1));
  const names = Object.keys(sides[0]?.counts ?? {}) as (keyof Measures['counts'])[];
  return {
    totals: [
      ...TIMES.map(([name, key]): CompareRow => ({ name, unit: 'ns', values: sides.map((side) => side[key]) })),
      { name: 'instructions', unit: 'count', values: sides.map(({ instructions }) => instructions) },
      { name: 'exits', unit: 'count', values: sides.map((side) => side.exits.reduce((sum, { count }) => sum + count, 0)) },
    ],
    exits,
    counts: [
      ...names.map((name): CompareRow => ({ name, unit: 'count', values: sides.map(({ counts }) => counts[name]) })),
      { name: 'PAUSEs', unit: 'count', values: sides.map(({ pauses }) => pauses) },
    ],
    explanations: sides.slice(1).map((side, i) => explain(sides[0]!, side, i + 1, exits)),
  };
}

function explain(first: Measures, other: Measures, side: number, exits: CompareReport['exits']): Explanation {
  const byExits = exits.map(({ reason, counts, ns }) => ({
    name: `exit ${reason}`,
    differenceNs: (ns[side] ?? 0) - (ns[0] ?? 0),
    differenceCount: (counts[side] ?? 0) - (counts[0] ?? 0),
  }));
  const explained = byExits.reduce((sum, { differenceNs }) => sum + differenceNs, 0);
  const rest = other.hypervisorNs - first.hypervisorNs - explained;
  const part = (name: string, differenceNs: number) => ({ name, differenceNs, differenceCount: undefined });
  const parts = [
    ...byExits,
    part('hypervisor, of no exit', rest),
    part('guest code', other.guestNs - first.guestNs),
    part('steal', other.stealNs - first.stealNs),
    part('blocked', other.blockedNs - first.blockedNs),
    part('offline', other.offlineNs - first.offlineNs),
  ];
  return {
    side,
    differenceNs: wholeNs(other) - wholeNs(first),
    parts: parts
      .filter(({ differenceNs, differenceCount }) => differenceNs !== 0 || (differenceCount ?? 0) !== 0)
      .sort((a, b) => Math.abs(b.differenceNs) - Math.abs(a.differenceNs)),
  };
}
