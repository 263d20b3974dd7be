// What is recorded to go back to, and where in it the guest stands.
import { custom } from './custom';

export const history = custom('hyperscope/history', async (session) => {
  const guest = session.guest('hyperscope/history');
  const { recording, past, now, begin, end, snapshots, snapshotsNs, bytes } = await guest.control.history();
  const place = ({ reachedNs, event }: typeof now) => ({ virtualNs: reachedNs, event });
  return { recording, past, now: place(now), begin: place(begin), end: place(end), snapshots, snapshotsNs, bytes };
});
