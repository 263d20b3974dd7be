// The event list by call: counts, totals and percentiles.
import type { TracePeek } from '../../trace/reader';
import { TraceGrouping } from '../trace-group';
import { custom } from './custom';

const MOST_MS = 5000;
/** Rows between two turns of the event loop. */
const BATCH = 50_000;

export const traceGroups = custom('hyperscope/traceGroups', async (session, { selection }, signal) => {
  const guest = session.guest('hyperscope/traceGroups');
  const index = await guest.traceViews.index(selection);
  await guest.traceViews.advance(index, MOST_MS);
  guest.topics.read('trace');
  const grouping = new TraceGrouping();
  const peek: TracePeek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };
  const { endRow, searched, reader } = index;
  for (let row = index.firstRow; row < endRow; row++) {
    const seq = index.seqOf(row);
    if (seq !== undefined && reader.peek(seq, peek)) grouping.add(peek);
    if (row % BATCH === 0) await signal.turn();
  }
  return { searched, end: reader.end(), groups: grouping.result() };
});
