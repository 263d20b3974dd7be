// Keeps a vCPU from running, or lets it go again: a logged input, also while the guest runs.
import { dapErrors } from '../errors';
import { custom } from './custom';

export const hold = custom('hyperscope/hold', async (session, { vcpu, held }) => {
  const guest = session.guest('hyperscope/hold');
  if (guest.debugger.hasEnded) throw dapErrors.ended();
  await guest.debugger.holds.hold(await guest.vcpuOfThread(vcpu + 1), held);
  // Its name says so.
  if (session.client.supportsInvalidatedEvent) session.afterAnswer(() => session.event('invalidated', { areas: ['threads'] }));
  return {};
});
