// All vCPUs go on.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const continueRequest = request<DebugProtocol.ContinueArguments, DebugProtocol.ContinueResponse['body']>('continue', {
  handle(session) {
    const guest = session.stoppedGuest('continue');
    session.afterAnswer(() => guest.debugger.continue());
    return { allThreadsContinued: true };
  },
});
