// Watched places in memory: any number, any length; the guest's debug registers stay its own.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { dataSubject } from '../data-id';
import { request } from '../handler';

type Answer = DebugProtocol.SetDataBreakpointsResponse['body'];

export const setDataBreakpoints = request<DebugProtocol.SetDataBreakpointsArguments, Answer>('setDataBreakpoints', {
  capabilities: { supportsDataBreakpoints: true },
  handle(session, args) {
    const guest = session.guest('setDataBreakpoints');
    const wanted = args.breakpoints.map((each) => ({ ...each, subject: dataSubject(each.dataId, each.accessType) }));
    const set = guest.breakpoints.set(
      'data',
      wanted.flatMap(({ subject, condition, hitCondition }) => (subject ? [{ subject, options: { condition, hitCondition } }] : [])),
    );
    let next = 0;
    return {
      breakpoints: wanted.map(({ subject, dataId }) => {
        const breakpoint = subject && set[next++];
        return breakpoint ? breakpointBody(breakpoint, guest) : { verified: false, message: `"${dataId}" is no place of this debugger.` };
      }),
    };
  },
});
