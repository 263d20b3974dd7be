// To another moment of the run: a virtual time, an event of the trace, the beginning of what is recorded, or as far as the run has come.
import { historyErrors } from '../../machine/control/history-errors';
import { dapErrors } from '../errors';
import { goAfterAnswer, recordedGuest } from '../travel';
import { custom } from './custom';

export const goToMoment = custom('hyperscope/goTo', async (session, to) => {
  const guest = await recordedGuest(session, 'hyperscope/goTo');
  const { end } = await guest.control.history();
  const number = 'virtualNs' in to ? to.virtualNs : 'event' in to ? to.event : 0;
  if (!Number.isSafeInteger(number) || number < 0) throw dapErrors.badArgument('hyperscope/goTo', 'a time or event is a whole number');
  if ('virtualNs' in to ? to.virtualNs > end.reachedNs : 'event' in to && to.event >= end.event) throw historyErrors.ahead();
  const { past } = guest.debugger;
  goAfterAnswer(guest, () => {
    if ('virtualNs' in to) past.goToDestination({ kind: 'time', virtualNs: to.virtualNs });
    else if ('event' in to) past.goToDestination({ kind: 'event', event: to.event });
    else past.goToDestination({ kind: to.place });
  });
  return {};
});
