// Weights, caps, affinity and physical CPUs: as they are, and changed while the guests run.
import { custom } from './custom';

export const schedule = custom('hyperscope/schedule', async (session, { change }) => {
  const { control, vm } = session.guest('hyperscope/schedule');
  if (change !== undefined) {
    const { weight, cap, vcpuCap, affinity } = change;
    const ofVm = [weight, cap, vcpuCap, affinity].some((value) => value !== undefined);
    await control.schedule({ ...change, ...(ofVm && { vm: change.vm ?? vm }) });
  }
  return control.scheduling();
});
