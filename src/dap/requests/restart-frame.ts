// Back to where a frame's function was entered.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { recordedGuest } from '../travel';

export const restartFrame = request<DebugProtocol.RestartFrameArguments, void>('restartFrame', {
  capabilities: { supportsRestartFrame: true },
  async handle(session, { frameId }) {
    const guest = await recordedGuest(session, 'restartFrame');
    const { frame, vcpu } = guest.frames.get(frameId);
    session.afterAnswer(() => guest.debugger.past.restartFrame(vcpu, frame.physical));
  },
});
