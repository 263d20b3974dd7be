// Breakpoints on functions by name or pattern, and on what else a name can say: addresses, physical addresses, lines, hypercalls, and VM exits ("exit:cpuid").
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { breakpointSubject } from '../breakpoint-place';
import { request } from '../handler';

type Answer = DebugProtocol.SetFunctionBreakpointsResponse['body'];

export const setFunctionBreakpoints = request<DebugProtocol.SetFunctionBreakpointsArguments, Answer>('setFunctionBreakpoints', {
  capabilities: { supportsFunctionBreakpoints: true },
  handle(session, args) {
    const guest = session.guest('setFunctionBreakpoints');
    const set = guest.breakpoints.set(
      'functions',
      args.breakpoints.map(({ name, condition, hitCondition }) => {
        const exit = /^exit:([\w-]+)$/i.exec(name.trim())?.[1];
        if (exit === undefined) return { subject: breakpointSubject(name.trim()), options: { condition, hitCondition } };
        const reason = `reason == '${exit}'`;
        return {
          subject: { kind: 'event', class: 'exit' },
          options: { condition: condition ? `${reason} && (${condition})` : reason, hitCondition },
        };
      }),
    );
    return { breakpoints: set.map((each) => breakpointBody(each, guest)) };
  },
});
