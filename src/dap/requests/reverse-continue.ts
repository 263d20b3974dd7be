// All vCPUs go back, to the breakpoint that was met last or the beginning of what is recorded.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { recordedGuest } from '../travel';

export const reverseContinue = request<DebugProtocol.ReverseContinueArguments, void>('reverseContinue', {
  capabilities: { supportsStepBack: true },
  async handle(session) {
    const guest = await recordedGuest(session, 'reverseContinue');
    session.afterAnswer(() => guest.debugger.past.continue());
  },
});
