// What requests that go back share: that something is recorded, and that the answer comes before the guest moves.
import { historyErrors } from '../machine/control/history-errors';
import type { Guest } from './guest';
import type { Session } from './session';

/** The stopped guest, if its run is recorded. */
export async function recordedGuest(session: Session, command: string): Promise<Guest> {
  const guest = session.guest(command);
  // One that has ended has a past, too.
  if (!guest.debugger.hasEnded || guest.isDisposed) session.stoppedGuest(command);
  if (!(await guest.control.history()).recording) throw historyErrors.off();
  return guest;
}

/** For requests after which the client does not expect the guest to run. */
export function goAfterAnswer(guest: Guest, go: () => void): void {
  const { session } = guest;
  session.afterAnswer(() => {
    session.event('continued', { threadId: (guest.debugger.stop?.vcpu ?? 0) + 1, allThreadsContinued: true });
    go();
  });
}
