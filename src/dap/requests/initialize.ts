// The first request: who the client is; the answer merges what every handler declares it can do.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const initialize = request<DebugProtocol.InitializeRequestArguments, DebugProtocol.Capabilities>('initialize', {
  // What the guest prints and what a log message says is styled as it says itself.
  capabilities: { supportsANSIStyling: true },
  handle(session, args) {
    session.client = args;
    return session.dispatcher.capabilities;
  },
});
