// All vCPUs go on, or one of them alone: the others are held until it has stopped.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const continueRequest = request<DebugProtocol.ContinueArguments, DebugProtocol.ContinueResponse['body']>('continue', {
  capabilities: { supportsSingleThreadExecutionRequests: true },
  async handle(session, { threadId, singleThread = false }) {
    const guest = session.stoppedGuest('continue');
    const alone = singleThread ? await guest.vcpuOfThread(threadId) : undefined;
    session.afterAnswer(() => guest.debugger.continue(alone));
    return { allThreadsContinued: !singleThread };
  },
});
