// Wanting to be told when something shown has changed.
import { custom } from './custom';

export const subscribe = custom('hyperscope/subscribe', (session, { topic, on }) => {
  session.guest('hyperscope/subscribe').topics.subscribe(topic, on);
  return {};
});
