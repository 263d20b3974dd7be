// Breakpoints that panels set: adds or removes one, and answers what there is.
import { addBreakpoint, listBreakpoints, removeBreakpoint } from '../panel-breakpoints';
import { custom } from './custom';

export const panelBreakpoints = custom('hyperscope/panelBreakpoints', async (session, { add, remove }) => {
  const guest = session.guest('hyperscope/panelBreakpoints');
  if (add) await addBreakpoint(guest, add);
  if (remove !== undefined) await removeBreakpoint(guest, remove);
  return { breakpoints: listBreakpoints(guest) };
});
