// One line or instruction back: over what was called in it.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { recordedGuest } from '../travel';

export const stepBack = request<DebugProtocol.StepBackArguments, void>('stepBack', {
  capabilities: { supportsStepBack: true },
  async handle(session, { threadId, granularity }) {
    const guest = await recordedGuest(session, 'stepBack');
    const vcpu = await guest.vcpuOfThread(threadId);
    session.afterAnswer(() => guest.debugger.past.step(vcpu, 'over', granularity === 'instruction' ? 'instruction' : 'line'));
  },
});
