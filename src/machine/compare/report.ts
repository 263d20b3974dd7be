// A comparison in rows: what each side measured, its difference to the first side, and of which event rows that difference is made. The rows sum to it.
import type { Measures } from './measure';

export interface CompareRow {
  readonly name: string;
  readonly unit: 'ns' | 'count';
  /** One for each side. */
  readonly values: readonly number[];
}

/** A kind of event, and what its rows add to a difference. */
export interface DifferencePart {
  readonly name: string;
  /** The row of the totals that it is a part of: the parts of a total sum to its difference. */
  readonly total: (typeof TIMES)[number][0];
  readonly differenceNs: number;
  /** Of these events; undefined: it has none of its own. */
  readonly events: 'exits' | 'instructions' | 'waits' | 'sleeps' | undefined;
  readonly differenceCount: number | undefined;
}

/** Why one side's time differs from the first side's: event rows whose sum is the difference. */
export interface Explanation {
  /** Index of the side. */
  readonly side: number;
  /** What differs: vCPU time to the end, over all vCPUs. */
  readonly differenceNs: number;
  readonly parts: readonly DifferencePart[];
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
  const byExits = exits.map(
    ({ reason, counts, ns }): DifferencePart => ({
      name: `exit ${reason}`,
      total: 'hypervisor time',
      differenceNs: (ns[side] ?? 0) - (ns[0] ?? 0),
      events: 'exits',
      differenceCount: (counts[side] ?? 0) - (counts[0] ?? 0),
    }),
  );
  const explained = byExits.reduce((sum, { differenceNs }) => sum + differenceNs, 0);
  const rest = other.hypervisorNs - first.hypervisorNs - explained;
  const parts: DifferencePart[] = [
    ...byExits,
    { name: 'hypervisor, of no exit', total: 'hypervisor time', differenceNs: rest, events: undefined, differenceCount: undefined },
    {
      name: 'guest code',
      total: 'guest time',
      differenceNs: other.guestNs - first.guestNs,
      events: 'instructions',
      differenceCount: other.instructions - first.instructions,
    },
    {
      name: 'waits for a physical CPU',
      total: 'steal',
      differenceNs: other.stealNs - first.stealNs,
      events: 'waits',
      differenceCount: other.counts.waits - first.counts.waits,
    },
    {
      name: 'sleeps',
      total: 'blocked',
      differenceNs: other.blockedNs - first.blockedNs,
      events: 'sleeps',
      differenceCount: other.counts.sleeps - first.counts.sleeps,
    },
    { name: 'offline', total: 'offline', differenceNs: other.offlineNs - first.offlineNs, events: undefined, differenceCount: undefined },
  ];
  return {
    side,
    differenceNs: wholeNs(other) - wholeNs(first),
    parts: parts
      .filter(({ differenceNs, differenceCount }) => differenceNs !== 0 || (differenceCount ?? 0) !== 0)
      .sort((a, b) => Math.abs(b.differenceNs) - Math.abs(a.differenceNs)),
  };
}
