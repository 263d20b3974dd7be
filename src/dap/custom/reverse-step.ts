// Steps back that the protocol has no request for: into what was called, and out to the call.
import { goAfterAnswer, recordedGuest } from '../travel';
import { custom } from './custom';

export const reverseStepInto = custom('hyperscope/reverseStepInto', async (session, { vcpu, instruction }) => {
  const guest = await recordedGuest(session, 'hyperscope/reverseStepInto');
  await guest.vcpuOfThread(vcpu + 1);
  goAfterAnswer(guest, () => guest.debugger.past.step(vcpu, 'in', instruction ? 'instruction' : 'line'));
  return {};
});

export const reverseStepOut = custom('hyperscope/reverseStepOut', async (session, { vcpu }) => {
  const guest = await recordedGuest(session, 'hyperscope/reverseStepOut');
  await guest.vcpuOfThread(vcpu + 1);
  goAfterAnswer(guest, () => guest.debugger.past.step(vcpu, 'out', 'line'));
  return {};
});
