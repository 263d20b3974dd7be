// Breakpoints on functions by name, on addresses ("0x…"), and on hypercalls ("hypercall:SEND_IPI").
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BreakpointSubject } from '../../debug/breakpoints/breakpoint';
import { breakpointBody } from '../breakpoint-body';
import { request } from '../handler';

type Answer = DebugProtocol.SetFunctionBreakpointsResponse['body'];

export const setFunctionBreakpoints = request<DebugProtocol.SetFunctionBreakpointsArguments, Answer>('setFunctionBreakpoints', {
  capabilities: { supportsFunctionBreakpoints: true },
  handle(session, args) {
    const guest = session.guest('setFunctionBreakpoints');
    const set = guest.debugger.setBreakpoints(
      'functions',
      args.breakpoints.map(({ name, condition, hitCondition }) => ({
        subject: subjectOf(name.trim()),
        options: { condition, hitCondition },
      })),
    );
    return { breakpoints: set.map((each) => breakpointBody(each, guest)) };
  },
});

function subjectOf(name: string): BreakpointSubject {
  const hypercall = /^hypercall:(.*)$/i.exec(name)?.[1]?.trim();
  if (hypercall === undefined) return { kind: 'function', name };
  return { kind: 'hypercall', name: hypercall === '' || hypercall === '*' ? undefined : hypercall };
}
