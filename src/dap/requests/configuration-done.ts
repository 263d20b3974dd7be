// The client has sent its breakpoints: the guest may run.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const configurationDone = request<DebugProtocol.ConfigurationDoneArguments, void>('configurationDone', {
  capabilities: { supportsConfigurationDoneRequest: true },
  handle(session) {
    const guest = session.guest('configurationDone');
    session.afterAnswer(() => guest.start());
  },
});
