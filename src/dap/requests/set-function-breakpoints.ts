// Breakpoints on functions by name or pattern, and on what else a name can say: addresses, physical addresses, lines, hypercalls.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { breakpointSubject } from '../breakpoint-place';
import { request } from '../handler';

type Answer = DebugProtocol.SetFunctionBreakpointsResponse['body'];

export const setFunctionBreakpoints = request<DebugProtocol.SetFunctionBreakpointsArguments, Answer>('setFunctionBreakpoints', {
  capabilities: { supportsFunctionBreakpoints: true },
  handle(session, args) {
    const guest = session.guest('setFunctionBreakpoints');
    const set = guest.debugger.setBreakpoints(
      'functions',
      args.breakpoints.map(({ name, condition, hitCondition }) => ({
        subject: breakpointSubject(name.trim()),
        options: { condition, hitCondition },
      })),
    );
    return { breakpoints: set.map((each) => breakpointBody(each, guest)) };
  },
});
