// Hypercalls and exits by cursor, decoded for people.
import type { MachineControl } from '../../machine/control/control';
import type { TracePage, TraceQuery } from '../../machine/control/types';
import { toHex } from '../../protocol/wire';
import { traceTexts } from '../trace-texts';
import { custom } from './custom';

const MOST = 2000;
/** How many records a filter may pass over for one answer. */
const MOST_LOOKED_AT = 20_000;

export const trace = custom('hyperscope/trace', async (session, { from, limit, kinds, vcpu, filter }) => {
  const guest = session.guest('hyperscope/trace');
  const wanted = Math.max(0, Math.min(limit, MOST));
  const query = { ...(kinds && { kinds }), ...(vcpu !== undefined && { vcpu }) };
  const edge = await guest.control.trace({ from: 0, limit: 0, ...query });
  let at = from < 0 ? await newest(guest.control, query, edge, wanted) : from;
  const text = filter?.toLowerCase() ?? '';
  const rows = [];
  let page = edge;
  let looked = 0;
  do {
    page = await guest.control.trace({ from: at, limit: wanted, ...query });
    for (const record of page.records) {
      at = record.seq + 1;
      looked++;
      const { name, args, result } = traceTexts(record);
      if (text !== '' && !`${name} ${args}`.toLowerCase().includes(text)) continue;
      rows.push({
        seq: record.seq,
        kind: record.kind,
        vcpu: record.vcpu,
        virtualNs: record.virtualNs,
        durationNs: record.durationNs,
        name,
        args,
        result,
        rip: toHex(record.rip),
      });
      if (rows.length === wanted) break;
    }
  } while (text !== '' && rows.length < wanted && page.records.length > 0 && looked < MOST_LOOKED_AT);
  guest.topics.read('trace');
  return { first: page.first, end: page.end, dropped: page.dropped, rows };
});

/** Where the last `wanted` records of these kinds begin: looked for in ever larger parts of the end. */
async function newest(
  control: MachineControl,
  query: Omit<TraceQuery, 'from' | 'limit'>,
  { first, end }: TracePage,
  wanted: number,
): Promise<number> {
  for (let span = Math.max(wanted, 64); ; span *= 8) {
    const from = Math.max(first, end - span);
    const { records } = await control.trace({ from, limit: span, ...query });
    if (records.length >= wanted || from === first) return records.at(-wanted)?.seq ?? from;
  }
}
