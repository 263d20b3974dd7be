// Breakpoints of one source file, or of a disassembly document: answered at once, confirmed by events.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { breakpointMode, MODES } from '../breakpoint-modes';
import { dapErrors } from '../errors';
import type { Guest } from '../guest';
import { request } from '../handler';
import { consoleBreakpointAt, dropConsoleBreakpoints } from '../told-breakpoints';

export const setBreakpoints = request<DebugProtocol.SetBreakpointsArguments, DebugProtocol.SetBreakpointsResponse['body']>(
  'setBreakpoints',
  {
    capabilities: {
      supportsConditionalBreakpoints: true,
      supportsHitConditionalBreakpoints: true,
      supportsLogPoints: true,
      breakpointModes: MODES,
    },
    handle(session, args) {
      const guest = session.guest('setBreakpoints');
      const { path, sourceReference } = args.source;
      const wanted = args.breakpoints ?? (args.lines ?? []).map((line): DebugProtocol.SourceBreakpoint => ({ line }));
      if (sourceReference) return inDocument(guest, sourceReference, wanted);
      if (!path) throw dapErrors.badArgument('setBreakpoints', 'the source has no path');
      const known = wanted.map(({ line, condition, hitCondition, logMessage, mode }) =>
        (condition || hitCondition || logMessage || mode) !== undefined ? undefined : consoleBreakpointAt(guest, path, line),
      );
      dropConsoleBreakpoints(guest, path, new Set(known.filter((each) => each !== undefined)));
      const set = guest.breakpoints.set(
        `source:${path}`,
        wanted
          .filter((_, index) => known[index] === undefined)
          .map(({ line, condition, hitCondition, logMessage, mode }) => ({
            subject: { kind: 'source', path, line },
            options: { condition, hitCondition, logMessage, mode: breakpointMode(mode) },
          })),
      );
      let next = 0;
      return { breakpoints: known.map((each) => breakpointBody(each ?? set[next++]!, guest)) };
    },
  },
);

function inDocument(
  guest: Guest,
  reference: number,
  wanted: readonly DebugProtocol.SourceBreakpoint[],
): DebugProtocol.SetBreakpointsResponse['body'] {
  const document = guest.documents.get(reference);
  if (!document) throw dapErrors.staleReference('source');
  const inside = wanted.map((each) => ({ each, address: document.addresses[each.line - 1] }));
  const set = guest.breakpoints.set(
    `document:${document.name}`,
    inside.flatMap(({ each, address }) => {
      if (address === undefined) return [];
      const { condition, hitCondition, logMessage, mode } = each;
      return [
        {
          subject: { kind: 'instruction' as const, address },
          options: { condition, hitCondition, logMessage, mode: breakpointMode(mode) },
        },
      ];
    }),
  );
  let next = 0;
  return {
    breakpoints: inside.map(({ each, address }) => {
      const breakpoint = address === undefined ? undefined : set[next++];
      if (!breakpoint) return { verified: false, message: 'There is no instruction on this line.' };
      return { ...breakpointBody(breakpoint, guest), source: { name: document.name, sourceReference: reference }, line: each.line };
    }),
  };
}
