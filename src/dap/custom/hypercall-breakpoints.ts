// The check boxes of the hypercall tree.
import { custom } from './custom';

export const hypercallBreakpoints = custom('hyperscope/hypercallBreakpoints', (session, { names }) => {
  const guest = session.guest('hyperscope/hypercallBreakpoints');
  guest.breakpoints.set(
    'hypercall-tree',
    names.map((name) => ({ subject: { kind: 'hypercall', name }, options: {} })),
  );
  return {};
});
