// Finds trace records by kind, vCPU and text: forward from a sequence number, or the newest ones.
import type { MachineControl } from '../machine/control/control';
import type { TraceRecord } from '../machine/control/types';
import { type TraceTexts, traceTexts } from './trace-texts';

export interface TraceSearch {
  kinds?: string[];
  vcpu?: number;
  /** Lower case; empty: everything. */
  text: string;
}
export interface FoundRecord {
  record: TraceRecord;
  texts: TraceTexts;
}
export interface TraceFound {
  records: FoundRecord[];
  /** Where the next search goes on. */
  next: number;
  first: number;
  end: number;
  dropped: number;
}

const PAGE = 1000;
/** How many records one answer may pass over. */
const MOST_LOOKED_AT = 20_000;

export async function searchForward(
  control: MachineControl,
  from: number,
  limit: number,
  { text, ...query }: TraceSearch,
): Promise<TraceFound> {
  const records: FoundRecord[] = [];
  for (let at = from, looked = 0; ; ) {
    const page = await control.trace({ from: at, limit: PAGE, ...query });
    const { first, end, dropped } = page;
    for (const record of page.records) {
      if (records.length === limit || looked === MOST_LOOKED_AT) return { records, next: record.seq, first, end, dropped };
      looked++;
      at = record.seq + 1;
      const texts = traceTexts(record);
      if (`${texts.name} ${texts.args}`.toLowerCase().includes(text)) records.push({ record, texts });
    }
    // A page shorter than its limit has been searched to the end.
    if (page.records.length < PAGE) return { records, next: end, first, end, dropped };
  }
}

/** Looks at ever longer ends of the ring until there are enough. */
export async function searchNewest(control: MachineControl, limit: number, search: TraceSearch): Promise<TraceFound> {
  const edge = await control.trace({ from: 0, limit: 0 });
  for (let span = Math.max(limit, 1) * 2; ; span *= 4) {
    const from = Math.max(edge.first, edge.end - span);
    const found = await searchForward(control, from, Number.POSITIVE_INFINITY, search);
    if (found.records.length >= limit || from === edge.first || span >= MOST_LOOKED_AT)
      return { ...found, records: found.records.slice(-limit) };
  }
}
