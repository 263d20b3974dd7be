// What the guest's display shows, as far as the panel does not show it yet.
import { custom } from './custom';

export const screen = custom('hyperscope/screen', async (session, { shown }) => {
  const guest = session.guest('hyperscope/screen');
  const answer = await guest.screen.read(shown);
  guest.topics.read('screen');
  return answer;
});
