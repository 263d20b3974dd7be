// A breakpoint as the protocol shows it.
import { isAbsolute } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Breakpoint } from '../debug/breakpoints/breakpoint';
import type { Guest } from './guest';

export function breakpointBody(breakpoint: Breakpoint, guest: Guest): DebugProtocol.Breakpoint {
  const { subject } = breakpoint;
  const body: DebugProtocol.Breakpoint = { id: breakpoint.id, verified: breakpoint.verified };
  if (breakpoint.message !== undefined) body.message = breakpoint.message;
  const [place] = breakpoint.places;
  if (place) body.instructionReference = `0x${place.address.toString(16)}`;
  if (subject.kind === 'source') {
    // What was typed in the debug console need not be a whole path.
    body.source = guest.sources.source(isAbsolute(subject.path) ? subject.path : (place?.file ?? subject.path));
    body.line = breakpoint.verified && place?.line !== undefined ? place.line : subject.line;
  } else if (place?.file !== undefined && place.line !== undefined) {
    body.source = guest.sources.source(place.file);
    body.line = place.line;
  }
  return body;
}
