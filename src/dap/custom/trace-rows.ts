// Rows of the event list by their number.
import { traceRow } from '../trace-row';
import { custom } from './custom';

const MOST = 2000;
/** A search that takes longer answers with what it has; the client asks again. */
const MOST_MS = 100;

export const traceRows = custom('hyperscope/traceRows', async (session, { selection, from, limit }) => {
  const guest = session.guest('hyperscope/traceRows');
  const index = await guest.traceViews.index(selection);
  await guest.traceViews.advance(index, MOST_MS);
  guest.topics.read('trace');
  const { reader, firstRow, endRow } = index;
  const wanted = Math.max(0, Math.min(limit, MOST));
  const start = Math.min(endRow, Math.max(firstRow, from < 0 ? endRow - wanted : from));
  const rows = Array.from({ length: Math.min(wanted, endRow - start) }, (_, i) => {
    const seq = index.seqOf(start + i);
    const event = seq === undefined ? undefined : reader.at(seq);
    return event === undefined ? null : traceRow(event);
  });
  const events = { first: reader.first(), end: reader.end(), dropped: reader.dropped() };
  return { ...events, searched: index.searched, firstRow, endRow, from: start, rows };
});
