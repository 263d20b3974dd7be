// The rows of the list that are known here: a window of a list that may be much longer, read by row number.
import type { TraceRow, TraceRowsAnswer } from '../../protocol/requests';
import type { VirtualWindow } from '../kit/virtual-window';

/** Rows asked for beside those that are visible. */
const margin = 50;
/** Rows kept at most. */
export const keptRows = 4000;

export interface RowQuery {
  from: number;
  limit: number;
}

export class RowWindow {
  private readonly known = new Map<number, TraceRow | null>();
  private firstRow = 0;
  private endRow = 0;
  private events = { first: 0, end: 0, dropped: 0, searched: 0 };

  get count(): number {
    return this.endRow - this.firstRow;
  }

  /** null: it was overwritten; undefined: not read yet. */
  row(index: number): TraceRow | null | undefined {
    return this.known.get(this.firstRow + index);
  }

  /** What to read for these rows to be drawn. The newest rows, when the list follows. */
  query({ from, to }: VirtualWindow, follow: boolean): RowQuery {
    const limit = Math.max(to - from, 1) + 2 * margin;
    return follow ? { from: -1, limit } : { from: Math.max(0, this.firstRow + from - margin), limit };
  }

  /** Some of these rows are not read yet. */
  lacks({ from, to }: VirtualWindow): boolean {
    for (let index = from; index < Math.min(to, this.count); index++) if (this.row(index) === undefined) return true;
    return false;
  }

  /** How many rows have gone from the list's beginning. */
  accept(answer: TraceRowsAnswer): number {
    const { firstRow, endRow, from, rows, first, end, dropped, searched } = answer;
    // Numbers begin anew where the guest was taken back in time.
    const anew = endRow < this.endRow;
    if (anew) this.known.clear();
    const gone = anew ? 0 : firstRow - this.firstRow;
    this.firstRow = firstRow;
    this.endRow = endRow;
    this.events = { first, end, dropped, searched };
    for (const [i, row] of rows.entries()) {
      this.known.delete(from + i);
      this.known.set(from + i, row);
    }
    for (const number of this.known.keys()) {
      if (this.known.size <= keptRows) break;
      this.known.delete(number);
    }
    return this.count === 0 ? 0 : gone;
  }

  /** The search has not come to the newest event yet. */
  get searching(): boolean {
    const { searched, end } = this.events;
    return searched < end;
  }

  /** "1,204 rows · events 0 to 5,310 · 120 dropped". */
  summary(): string {
    const number = (value: number) => value.toLocaleString('en');
    const { first, end, dropped, searched } = this.events;
    const span = end > first ? ` · events ${number(first)} to ${number(end - 1)}` : '';
    const progress = this.searching && end > first ? ` · ${Math.floor((100 * (searched - first)) / (end - first))} % searched` : '';
    return `${number(this.count)} ${this.count === 1 ? 'row' : 'rows'}${span} · ${number(dropped)} dropped${progress}`;
  }
}
