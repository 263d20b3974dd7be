// The answer to "forget what happened after this moment?": asked once by the adapter, or said unasked.
import type { Requests } from '../../protocol/requests';
import { type RequestHandler, request } from '../handler';

type Fork = Requests['hyperscope/fork'];

/** Urgent: the request that wants to change the past waits for it. */
export const fork: RequestHandler = request<Fork['arguments'], Fork['answer']>('hyperscope/fork', {
  urgent: true,
  async handle(session, { forget }) {
    const guest = session.guest('hyperscope/fork');
    if (!guest.pastGuard.answer(forget) && forget) await guest.control.fork();
    return {};
  },
});
