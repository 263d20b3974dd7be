// Locals, arguments and registers of a frame.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const scopes = request<DebugProtocol.ScopesArguments, DebugProtocol.ScopesResponse['body']>('scopes', {
  handle(session, args) {
    const guest = session.stoppedGuest('scopes');
    const { frame } = guest.frames.get(args.frameId);
    return {
      scopes: guest.variables.scopes(frame).map(({ name, hint, expensive, node }) => ({
        name,
        ...(hint && { presentationHint: hint }),
        expensive,
        variablesReference: guest.nodes.add(node),
      })),
    };
  },
});
