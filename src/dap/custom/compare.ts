// Starts and ends a comparison, and says how it stands.
import { custom } from './custom';

export const compare = custom('hyperscope/compare', (session, args) => {
  const guest = session.guest('hyperscope/compare');
  if (args.action === 'start') guest.compares.start(args);
  else if (args.action === 'cancel') guest.compares.cancel();
  guest.topics.read('compare');
  return guest.compares.status();
});
