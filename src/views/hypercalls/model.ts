// The Hypercalls and exits panel without its drawing: a bounded list of trace rows, read by cursor, that follows the newest or goes through from the oldest.
import { formatNs } from '../../base/format-ns';
import type { TraceAnswer, TraceArguments, TraceRow } from '../../protocol/requests';

export const pageRows = 400;
/** Rows kept; older ones are let go of. */
export const keptRows = 8000;

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
  onlyVcpu: boolean;
  follow: boolean;
}
export const initialState: HypercallsPanelState = { kinds: 'hypercalls and exits', filter: '', onlyVcpu: false, follow: true };

/** Stands where rows were skipped to catch up. */
export type ListRow = TraceRow | 'gap';

export class TraceList {
  private rows: ListRow[] = [];
  private cursor: number | undefined;
  private behind = false;
  private forgotten = false;
  first = 0;
  end = 0;
  dropped = 0;

  constructor(
    private readonly selection: Pick<TraceArguments, 'kinds' | 'vcpu' | 'filter'>,
    readonly follow: boolean,
  ) {}

  get count(): number {
    return this.rows.length;
  }

  row(index: number): ListRow | undefined {
    return this.rows[index];
  }

  /** Following: whatever is new; when that is more than one page, the newest. Otherwise from the oldest on, when the user has come near the end. */
  nextQuery(lastVisible: number): TraceArguments | undefined {
    const limit = pageRows;
    if (this.follow) return { ...this.selection, from: this.cursor === undefined || this.behind ? -1 : this.cursor, limit };
    const enough = lastVisible < this.rows.length - pageRows / 4;
    if (this.cursor !== undefined && enough) return undefined;
    return { ...this.selection, from: this.cursor ?? 0, limit };
  }

  /** Rows that are wanted are known to be there already: ask again at once, without waiting for news. */
  wantsMore(lastVisible: number): boolean {
    return this.cursor !== undefined && this.cursor < this.end && this.nextQuery(lastVisible) !== undefined;
  }

  accept(query: TraceArguments, { first, end, dropped, next, rows }: TraceAnswer): void {
    this.first = first;
    this.end = end;
    this.dropped = dropped;
    const known = this.lastSeq();
    const fresh = rows.filter(({ seq }) => seq > known);
    if (known >= 0 && query.from === -1 && fresh.length === rows.length && fresh.length > 0) this.rows.push('gap');
    this.rows.push(...fresh);
    this.behind = this.follow && next < end && rows.length >= query.limit;
    this.cursor = next;
    if (this.rows.length > keptRows) {
      this.rows = this.rows.slice(-keptRows);
      this.forgotten = true;
    }
  }

  /** "1,204 rows · events 0 to 5,310 · 120 dropped". */
  summary(): string {
    const number = (value: number) => value.toLocaleString('en');
    const events = this.end > this.first ? ` · events ${number(this.first)} to ${number(this.end - 1)}` : '';
    return `${this.forgotten ? 'newest ' : ''}${number(this.count)} ${this.count === 1 ? 'row' : 'rows'}${events} · ${number(this.dropped)} dropped`;
  }

  private lastSeq(): number {
    const last = this.rows.at(-1);
    return last === undefined ? -1 : last === 'gap' ? Number.MAX_SAFE_INTEGER : last.seq;
  }
}

export const selectionOf = (
  { kinds, filter, onlyVcpu }: HypercallsPanelState,
  vcpu: number,
): Pick<TraceArguments, 'kinds' | 'vcpu' | 'filter'> => {
  const names = kindChoices[kinds];
  return { ...(names ? { kinds: [...names] } : {}), ...(onlyVcpu ? { vcpu } : {}), ...(filter.trim() ? { filter: filter.trim() } : {}) };
};

export const columns = ['time', 'vCPU', 'event', 'arguments', 'result', 'cost', 'from'] as const;

export function cellsOf(row: ListRow, source: string | undefined): string[] {
  if (row === 'gap') return ['', '', '…', 'rows skipped to catch up', '', '', ''];
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

/** "kvm_send_ipi, kvm.c:87". */
export const sourceText = (symbol: string, path: string | null, line: number | null): string =>
  [symbol, path && line ? `${path.replace(/^.*[\\/]/, '')}:${line}` : ''].filter((text) => text !== '').join(', ');
