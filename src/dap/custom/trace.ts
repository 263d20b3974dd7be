// Hypercalls and exits by cursor, decoded for people.
import { toHex } from '../../protocol/wire';
import { searchForward, searchNewest } from '../trace-search';
import { custom } from './custom';

const MOST = 2000;

export const trace = custom('hyperscope/trace', async (session, { from, limit, kinds, vcpu, filter }) => {
  const guest = session.guest('hyperscope/trace');
  const wanted = Math.max(0, Math.min(limit, MOST));
  const search = { text: filter?.toLowerCase() ?? '', ...(kinds && { kinds }), ...(vcpu !== undefined && { vcpu }) };
  const { records, ...where } =
    from < 0 ? await searchNewest(guest.control, wanted, search) : await searchForward(guest.control, from, wanted, search);
  guest.topics.read('trace');
  return {
    ...where,
    rows: records.map(({ record: { seq, kind, vcpu: of, virtualNs, durationNs, rip }, texts: { name, args, result } }) => ({
      ...{ seq, kind, vcpu: of, virtualNs, durationNs, name, args, result },
      rip: toHex(rip),
    })),
  };
});
