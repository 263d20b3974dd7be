// Breakpoints that a client did not set itself (debug console, panels): it is told what is new, what has changed and what is gone, and may list them as its own.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Breakpoint } from '../debug/breakpoints/breakpoint';
import type { WantedBreakpoint } from '../debug/breakpoints/table';
import { breakpointBody } from './breakpoint-body';
import type { Guest } from './guest';

/** The debug console's. */
export const CONSOLE_GROUP = 'console';

/** Replaces a group; resolves when its breakpoints are armed and the client has been told. */
export async function setAndTell(guest: Guest, group: string, wanted: readonly WantedBreakpoint[]): Promise<readonly Breakpoint[]> {
  const { session, breakpoints, untold } = guest;
  const before = new Set(breakpoints.group(group).map(({ id }) => id));
  const set = breakpoints.set(group, wanted);
  const fresh = set.filter(({ id }) => !before.has(id));
  for (const { id } of fresh) untold.add(id);
  for (const { id } of set) before.delete(id);
  for (const id of before) session.event('breakpoint', { reason: 'removed', breakpoint: { id, verified: false } });
  await guest.debugger.breakpointsReady;
  for (const each of fresh) {
    untold.delete(each.id);
    if (breakpoints.has(each.id)) session.event('breakpoint', { reason: 'new', breakpoint: bodyOf(each, guest) });
  }
  return set;
}

/** An editor draws what has a line beside it: only those that are of one line. */
function bodyOf(breakpoint: Breakpoint, guest: Guest): DebugProtocol.Breakpoint {
  const { source, line, ...body } = breakpointBody(breakpoint, guest);
  return breakpoint.subject.kind === 'source' && source && line !== undefined ? { ...body, source, line } : body;
}

/** The console's breakpoint on a line, which an editor that was told of it lists among its own. */
export function consoleBreakpointAt(guest: Guest, path: string, line: number): Breakpoint | undefined {
  return ofFile(guest, path).find((each) => breakpointBody(each, guest).line === line);
}

/** An editor that draws them no longer lists one: it was taken away there. */
export function dropConsoleBreakpoints(guest: Guest, path: string, listed: ReadonlySet<Breakpoint>): void {
  const gone = ofFile(guest, path).filter((each) => !listed.has(each) && (guest.session.hasExtension || guest.listed.has(each.id)));
  for (const { id } of listed) guest.listed.add(id);
  if (gone.length === 0) return;
  guest.breakpoints.set(
    CONSOLE_GROUP,
    guest.breakpoints.group(CONSOLE_GROUP).filter((each) => !gone.includes(each)),
  );
}

function ofFile(guest: Guest, path: string): Breakpoint[] {
  return guest.breakpoints
    .group(CONSOLE_GROUP)
    .filter((each) => each.subject.kind === 'source' && !guest.untold.has(each.id) && breakpointBody(each, guest).source?.path === path);
}
