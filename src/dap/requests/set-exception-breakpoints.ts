// The one filter "Hypercall", with a condition on name, number and arguments.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { request } from '../handler';

type Answer = DebugProtocol.SetExceptionBreakpointsResponse['body'];
const FILTER = 'hypercall';

export const setExceptionBreakpoints = request<DebugProtocol.SetExceptionBreakpointsArguments, Answer>('setExceptionBreakpoints', {
  capabilities: {
    supportsExceptionFilterOptions: true,
    exceptionBreakpointFilters: [
      {
        filter: FILTER,
        label: 'Hypercall',
        description: 'Stops before the hypervisor serves a paravirtual call of the guest.',
        default: false,
        supportsCondition: true,
        conditionDescription: "name == 'SEND_IPI' && a0 == 3",
      },
    ],
  },
  handle(session, args) {
    const guest = session.guest('setExceptionBreakpoints');
    const wanted = [
      ...(args.filters ?? []).map((filterId): DebugProtocol.ExceptionFilterOptions => ({ filterId })),
      ...(args.filterOptions ?? []),
    ];
    const known = wanted.filter(({ filterId }) => filterId === FILTER);
    const set = guest.debugger.setBreakpoints(
      'hypercall-filter',
      known.map(({ condition }) => ({ subject: { kind: 'hypercall', name: undefined }, options: { condition } })),
    );
    let next = 0;
    return {
      breakpoints: wanted.map(({ filterId }) => {
        const breakpoint = filterId === FILTER ? set[next++] : undefined;
        return breakpoint ? breakpointBody(breakpoint, guest) : { verified: false, message: `There is no filter "${filterId}".` };
      }),
    };
  },
});
