// The Hypercalls and exits panel without its drawing: which events are shown, as cells and as groups.
import { formatNs } from '../../base/format-ns';
import type { TraceColumn, TraceGroup, TraceRow, TraceSelection } from '../../protocol/requests';
import { PV_INTERFACES } from '../../pv/rows';
import { EXIT_REASON_ROWS } from '../../trace/exits.rows';
import { t } from '../kit/texts';

export const kindChoices = {
  'hypercalls and exits': ['hypercall', 'vm-exit'],
  hypercalls: ['hypercall'],
  exits: ['vm-exit'],
  interrupts: ['interrupt-accepted', 'interrupt-injected', 'interrupt-eoi', 'ipi', 'nmi', 'exception'],
  everything: undefined,
} as const satisfies Record<string, readonly string[] | undefined>;
export type KindChoice = keyof typeof kindChoices;

export interface HypercallsPanelState {
  kinds: KindChoice;
  filter: string;
  columns: Partial<Record<TraceColumn, string>>;
  /** The filters over the columns are shown. */
  columnFilters: boolean;
  onlyVcpu: boolean;
  follow: boolean;
  grouped: boolean;
}
export const initialState: HypercallsPanelState = {
  kinds: 'hypercalls and exits',
  filter: '',
  columns: {},
  columnFilters: false,
  onlyVcpu: false,
  follow: true,
  grouped: false,
};

/** In the order of the list. */
export const columns: readonly { name: TraceColumn; title: string; example: string }[] = [
  { name: 'time', title: t('time'), example: '> 2ms' },
  { name: 'vcpu', title: t('vCPU'), example: '0,2-3' },
  { name: 'event', title: t('event'), example: 'cpuid|!io' },
  { name: 'arguments', title: t('arguments'), example: 'vector 0x40' },
  { name: 'result', title: t('result'), example: '!0' },
  { name: 'latency', title: t('latency'), example: '> 2us' },
  { name: 'from', title: t('from'), example: 'kmain' },
];

/** What the list shows, as the adapter is told; empty fields are left out, so that equal lists are equal. */
export function selectionOf({ kinds, filter, columns: typed, onlyVcpu }: HypercallsPanelState, vcpu: number): TraceSelection {
  const names = kindChoices[kinds];
  const filters = Object.fromEntries(
    columns.flatMap(({ name }) => (typed[name]?.trim() ? [[name, typed[name].trim()]] : [])),
  ) as TraceSelection['columns'];
  return {
    ...(names ? { kinds: [...names] } : {}),
    ...(onlyVcpu ? { vcpu } : {}),
    ...(filter.trim() ? { text: filter.trim() } : {}),
    ...(filters && Object.keys(filters).length > 0 ? { columns: filters } : {}),
  };
}

export function cellsOf(row: TraceRow, source: string | undefined): string[] {
  return [
    formatNs(row.virtualNs),
    row.vcpu < 0 ? '–' : String(row.vcpu),
    row.name,
    row.args,
    row.result,
    row.durationNs > 0 ? formatNs(row.durationNs) : '',
    source ?? row.rip,
  ];
}

/** The function breakpoint that stops at events like this one; undefined: there is none. */
export function breakpointName({ kind, name }: Pick<TraceRow, 'kind' | 'name'>): string | undefined {
  if (!/^[\w-]{1,80}$/.test(name)) return undefined;
  return kind === 'hypercall' ? `hypercall:${name}` : kind === 'vm-exit' ? `exit:${name}` : undefined;
}

export const groupColumns = ['event', 'count', 'total', 'share', 'least', 'median', '90 %', '99 %', 'most'] as const;

export function groupCells(group: TraceGroup, allNs: number): string[] {
  const share = allNs > 0 ? `${((100 * group.totalNs) / allNs).toFixed(1)} %` : '';
  const { leastNs, medianNs, p90Ns, p99Ns, mostNs } = group;
  const times = [leastNs, medianNs, p90Ns, p99Ns, mostNs].map(formatNs);
  return [group.name, group.count.toLocaleString('en'), formatNs(group.totalNs), share, ...times];
}

/** "kvm_send_ipi, kvm.c:87". */
export const sourceText = (symbol: string, path: string | null, line: number | null): string =>
  [symbol, path && line ? `${path.replace(/^.*[\\/]/, '')}:${line}` : ''].filter((text) => text !== '').join(', ');

const names = [
  ...PV_INTERFACES.flatMap(({ hypercalls }) => hypercalls.map(({ name }) => name)),
  ...EXIT_REASON_ROWS.map(({ name }) => name),
];

/** Hypercalls and exits whose names have what is typed, to complete a filter. */
export const eventNames = (typed: string): { label: string; start: number; length: number }[] =>
  typed === ''
    ? []
    : names.filter((name) => name.toLowerCase().includes(typed.toLowerCase())).map((label) => ({ label, start: 0, length: typed.length }));
