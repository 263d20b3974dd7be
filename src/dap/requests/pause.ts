// Stops the guest where it is; not before everything else that waits, but at once.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const pause = request<DebugProtocol.PauseArguments, void>('pause', {
  urgent: true,
  async handle(session) {
    await session.guest('pause').debugger.pause();
  },
});
