// The filters for hypercalls, faults, interrupts, VM exits, MSRs and ports, each with a condition; one filter may be given several times.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { EXCEPTION_FILTERS, filterSubject } from '../exception-filters';
import { request } from '../handler';

type Answer = DebugProtocol.SetExceptionBreakpointsResponse['body'];

export const setExceptionBreakpoints = request<DebugProtocol.SetExceptionBreakpointsArguments, Answer>('setExceptionBreakpoints', {
  capabilities: { supportsExceptionFilterOptions: true, supportsExceptionOptions: false, exceptionBreakpointFilters: EXCEPTION_FILTERS },
  handle(session, args) {
    const guest = session.guest('setExceptionBreakpoints');
    const wanted = [
      ...(args.filters ?? []).map((filterId): DebugProtocol.ExceptionFilterOptions => ({ filterId })),
      ...(args.filterOptions ?? []),
    ].map((each) => ({ ...each, subject: filterSubject(each.filterId) }));
    const set = guest.breakpoints.set(
      'filters',
      wanted.flatMap(({ subject, condition }) => (subject ? [{ subject, options: { condition } }] : [])),
    );
    let next = 0;
    return {
      breakpoints: wanted.map(({ filterId, subject }) => {
        const breakpoint = subject && set[next++];
        return breakpoint ? breakpointBody(breakpoint, guest) : { verified: false, message: `There is no filter "${filterId}".` };
      }),
    };
  },
});
