// The end of the session: the host it launched ends with it.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const disconnect = request<DebugProtocol.DisconnectArguments, void>('disconnect', {
  urgent: true,
  handle(session) {
    session.afterAnswer(() => session.end());
  },
});
