// What a person is told of the machine's reason to stop: with the breakpoints that hold, not their ids.
import type { StopReason } from '../machine/control/types';
import type { Breakpoint } from './breakpoints/breakpoint';
import type { ShownReason } from './events';

/** `hits`, `note`: what was decided at this stop. `isPlace`: a client that knows places only wanted it. */
export function shownReason(
  reason: StopReason,
  { hits, note }: { readonly hits: readonly Breakpoint[]; readonly note: string | undefined },
  isPlace: boolean,
): ShownReason {
  switch (reason.kind) {
    case 'breakpoint':
      return hits.length > 0 || isPlace ? { kind: 'breakpoint', breakpoints: hits, note } : { kind: 'step' };
    case 'hypercall':
      return { kind: 'hypercall', breakpoints: hits, call: reason.call, note };
    case 'data':
      return { kind: 'data', breakpoints: hits, touches: reason.touches, note };
    case 'event':
      return { kind: 'event', breakpoints: hits, event: reason.event, note };
    case 'step':
      return { kind: 'step' };
    default:
      return reason;
  }
}

/** The instruction has run: where this does not stop, a step over it is done. */
export function isBehind(reason: StopReason): boolean {
  return reason.kind === 'data' || (reason.kind === 'event' && !reason.event.before);
}
