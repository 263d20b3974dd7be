// Starts and ends a profile, and says how it stands.
import { custom } from './custom';

export const profile = custom('hyperscope/profile', async (session, { action, every }) => {
  const guest = session.guest('hyperscope/profile');
  const { profiles } = guest;
  if (action === 'start') await profiles.start(every);
  else if (action === 'stop') await profiles.stop();
  guest.topics.read('profile');
  return profiles.status();
});
