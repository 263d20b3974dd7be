// What the machine tells that a debugger hands on as it is: console output, logs, messages.
import type { ControlEvent } from '../machine/control/types';
import type { Breakpoint } from './breakpoints/breakpoint';
import type { DebuggerEvent } from './events';

/** undefined: not one of those, or another VM's. */
export function relayed(event: ControlEvent, vm: number, ofStopPoint: (id: number) => Breakpoint | undefined): DebuggerEvent | undefined {
  switch (event.kind) {
    case 'console':
      return event.vm === vm ? { kind: 'console', stream: event.stream, bytes: event.bytes } : undefined;
    case 'console-redrawn':
      return event.vm === vm ? { kind: 'console-redrawn', bytes: event.bytes } : undefined;
    case 'log':
      return { kind: 'log', text: event.text, breakpoint: ofStopPoint(event.id) };
    case 'message':
      return { kind: 'message', severity: event.severity, text: event.text };
    default:
      return undefined;
  }
}
