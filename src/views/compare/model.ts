// What the Compare panel shows and remembers: what is compared, and the rows of its tables as texts.
import { formatNs } from '../../base/format-ns';
import type { CompareAnswer, CompareArguments, ComparePart, CompareRow, CompareRun } from '../../protocol/compare';
import { t } from '../kit/texts';

export interface ComparePanelState {
  first: string;
  second: string;
  /** "1,2,4"; empty: as launched. */
  vcpus: string;
  input: string;
  until: string;
  sites: boolean;
  /** Number of vCPUs whose run is looked at; null: the first. */
  shown: number | null;
  /** Sections that are folded. */
  folded: string[];
}
export const initialState: ComparePanelState = {
  first: 'none:hw',
  second: 'kvm:hw',
  vcpus: '',
  input: '',
  until: '',
  sites: true,
  shown: null,
  folded: [],
};

const HYPERVISORS = ['none', 'kvm', 'xen'] as const;

/** Each interface with each cost table, and a text for people. */
export function sideChoices(costs: readonly { name: string; doc: string }[]): { name: string; text: string }[] {
  const interfaces = { none: t('fully virtualised'), kvm: t('paravirtualised (KVM)'), xen: t('paravirtualised (Xen)') };
  return HYPERVISORS.flatMap((hypervisor) =>
    costs.map(({ name }) => ({ name: `${hypervisor}:${name}`, text: `${interfaces[hypervisor]}, ${name}` })),
  );
}

/** What exits cost on the sides of the comparison, and who says so. */
export function costTexts({ costs, sides }: Pick<CompareAnswer, 'costs' | 'sides'>): string[] {
  const used = new Set(sides.map(({ name }) => name.replace(/^\w+:/, '')));
  return costs.filter(({ name }) => used.has(name)).map(({ name, doc, source }) => `${name}: ${doc} ${t('Source: {0}.', source)}`);
}

/** Undefined: not a list of numbers. */
export function vcpuCounts(text: string): number[] | undefined {
  if (text.trim() === '') return [];
  const counts = text.split(',').map((part) => Number(part.trim() || Number.NaN));
  return counts.every((count) => Number.isInteger(count) && count > 0) ? counts : undefined;
}

/** Undefined: something cannot be. */
export function argumentsOf({ first, second, vcpus, input, until, sites }: ComparePanelState): CompareArguments | undefined {
  const counts = vcpuCounts(vcpus);
  if (counts === undefined) return undefined;
  return { action: 'start', sides: [first, second], sites, input, until, ...(counts.length > 0 && { vcpus: counts }) };
}

export const number = (value: number): string => value.toLocaleString('en');
const valueText = (unit: CompareRow['unit'], value: number): string => (unit === 'ns' ? formatNs(value) : number(value));
const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text);

/** Of the first side's value. */
export const changeText = (value: number, first: number): string =>
  first === 0
    ? value === 0
      ? ''
      : t('new')
    : value === first
      ? ''
      : `${value > first ? '+' : ''}${((100 * (value - first)) / first).toFixed(1)} %`;

export const valueRows = (rows: readonly CompareRow[]): string[][] =>
  rows.map(({ name, unit, values: [first = 0, second = 0] }) => [
    name,
    valueText(unit, first),
    valueText(unit, second),
    changeText(second, first),
  ]);

export const exitRows = ({ exits }: CompareRun): string[][] =>
  exits.map(({ reason, counts: [c0 = 0, c1 = 0], ns: [n0 = 0, n1 = 0] }) => [
    reason,
    number(c0),
    formatNs(n0),
    number(c1),
    formatNs(n1),
    n1 === n0 ? '' : signed(n1 - n0, formatNs(n1 - n0)),
  ]);

/** The rows that the difference is made of, and their sum. */
export function partRows({ explanations: [explanation] }: CompareRun): string[][] {
  if (explanation === undefined || explanation.parts.length === 0) return [];
  const { parts, differenceNs } = explanation;
  const share = (ns: number): string => (differenceNs === 0 ? '' : `${((100 * ns) / differenceNs).toFixed(1)} %`);
  return [
    ...parts.map(({ name, total, differenceNs: ns, events, differenceCount }) => [
      name,
      signed(ns, formatNs(ns)),
      differenceCount === null || events === null ? '' : `${signed(differenceCount, number(differenceCount))} ${eventsText(events)}`,
      share(ns),
      total,
    ]),
    [t('sum'), signed(differenceNs, formatNs(differenceNs)), '', share(differenceNs), t('vCPU time')],
  ];
}

const eventsText = (events: NonNullable<ComparePart['events']>): string =>
  ({ exits: t('exits'), instructions: t('instructions'), waits: t('waits'), sleeps: t('sleeps') })[events];

/** One line in words: how much longer or shorter the second side took. */
export function differenceText({ explanations: [explanation], totals }: CompareRun, sides: CompareAnswer['sides']): string {
  const [first = 0] = totals[0]?.values ?? [];
  const [one, other] = [sides[0]?.text ?? '', sides[1]?.text ?? ''];
  if (explanation === undefined || explanation.differenceNs === 0) return t('{0} takes as much vCPU time as {1}.', other, one);
  const { differenceNs } = explanation;
  const share = first > 0 ? ` (${changeText((totals[0]?.values[1] ?? 0) as number, first)})` : '';
  return differenceNs > 0
    ? t('{0} takes {1} more vCPU time than {2}{3}.', other, formatNs(differenceNs), one, share)
    : t('{0} takes {1} less vCPU time than {2}{3}.', other, formatNs(-differenceNs), one, share);
}

const SCALED = ['IPIs', 'TLB flushes', 'PAUSEs', 'kicks', 'hypercalls'] as const;
const SCALED_TOTALS = ['virtual time', 'steal', 'hypervisor time'] as const;

/** Per side and figure one row, a column for each number of vCPUs. */
export function scalingRows(runs: readonly CompareRun[], sides: CompareAnswer['sides']): string[][] {
  return sides.flatMap(({ name }, side) => {
    const of = (rows: (run: CompareRun) => readonly CompareRow[], row: string): string[] =>
      runs.map((run) => {
        const found = rows(run).find((each) => each.name === row);
        return found === undefined ? '' : valueText(found.unit, found.values[side] ?? 0);
      });
    const elapsed = runs.map((run) => run.totals[0]?.values[side] ?? 0);
    return [
      [`${name} ${t('throughput')}`, ...elapsed.map((ns) => `${((elapsed[0] ?? 0) / ns).toFixed(2)} ×`)],
      ...SCALED_TOTALS.map((row) => [`${name} ${row}`, ...of((run) => run.totals, row)]),
      ...SCALED.map((row) => [`${name} ${scaledName(row)}`, ...of((run) => run.counts, row)]),
    ];
  });
}

const scaledName = (name: (typeof SCALED)[number]): string =>
  name === 'PAUSEs' ? t('lock waits, spinning') : name === 'kicks' ? t('lock waits, asleep') : name;

export function statusText(answer: CompareAnswer | undefined): string {
  if (!answer || answer.state === 'none')
    return t('No comparison yet: Compare runs this guest anew on both sides, beside the session, until it ends.');
  const progress = t('{0} of {1} runs', answer.done, answer.all);
  switch (answer.state) {
    case 'running':
      return `${t('Running: {0}', answer.text)}; ${progress}`;
    case 'done':
      return progress;
    case 'cancelled':
      return `${t('Cancelled')}; ${progress}`;
    default:
      return t('Failed: {0}', answer.text);
  }
}

/** Sides that came to different ends did different work. */
export const endsText = ({ ended }: CompareRun): string =>
  new Set(ended).size > 1 ? t('The runs came to different ends ({0}): their figures are not of the same work.', ended.join(', ')) : '';
