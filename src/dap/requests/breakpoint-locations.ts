// Lines that can hold a breakpoint.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

type Answer = DebugProtocol.BreakpointLocationsResponse['body'];

export const breakpointLocations = request<DebugProtocol.BreakpointLocationsArguments, Answer>('breakpointLocations', {
  capabilities: { supportsBreakpointLocationsRequest: true },
  handle(session, args) {
    const guest = session.guest('breakpointLocations');
    const { path, sourceReference } = args.source;
    const document = sourceReference ? guest.documents.get(sourceReference) : undefined;
    const last = args.endLine ?? args.line;
    if (document) {
      const lines = Array.from({ length: Math.max(0, last - args.line + 1) }, (_, i) => args.line + i);
      return { breakpoints: lines.filter((line) => line >= 1 && line <= document.addresses.length).map((line) => ({ line })) };
    }
    const lines = path ? guest.symbols.breakpointLines(path, args.line, last) : [];
    return { breakpoints: lines.map((line) => ({ line })) };
  },
});
