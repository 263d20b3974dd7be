// Breakpoints on functions by name, on addresses ("0x…"), on hypercalls ("hypercall:SEND_IPI") and on VM exits ("exit:cpuid").
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
      args.breakpoints.map(({ name, condition, hitCondition }) => {
        const { subject, only } = subjectOf(name.trim());
        return { subject, options: { condition: only && condition ? `${only} && (${condition})` : (only ?? condition), hitCondition } };
      }),
    );
    return { breakpoints: set.map((each) => breakpointBody(each, guest)) };
  },
});

/** `only`: what the condition must say besides. */
function subjectOf(name: string): { subject: BreakpointSubject; only?: string } {
  const hypercall = /^hypercall:(.*)$/i.exec(name)?.[1]?.trim();
  if (hypercall !== undefined)
    return { subject: { kind: 'hypercall', name: hypercall === '' || hypercall === '*' ? undefined : hypercall } };
  const exit = /^exit:([\w-]+)$/i.exec(name)?.[1];
  if (exit === undefined) return { subject: { kind: 'function', name } };
  return { subject: { kind: 'event', class: 'exit' }, only: `reason == '${exit}'` };
}
