// A request whose answer nobody wants any more: not begun if it waits, ended early where it looks.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const cancel = request<DebugProtocol.CancelArguments, void>('cancel', {
  capabilities: { supportsCancelRequest: true },
  urgent: true,
  handle(session, args) {
    if (args.requestId !== undefined) session.dispatcher.cancel(args.requestId);
  },
});
