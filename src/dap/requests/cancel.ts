// Going to another moment is ended where it is. A request whose answer nobody wants any more: not begun if it waits, ended early where it looks.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const cancel = request<DebugProtocol.CancelArguments, void>('cancel', {
  capabilities: { supportsCancelRequest: true },
  urgent: true,
  handle(session, args) {
    const { requestId, progressId } = args;
    if (progressId !== undefined) session.progress.cancel(progressId);
    if (requestId === undefined || session.dispatcher.cancel(requestId)) return;
    // Its answer came at once, and the guest is still on its way: it stops where it is.
    const guest = session.guestIfAny;
    if (requestId === guest?.movedBy) guest.stopTravelling();
  },
});
