// One vCPU goes on alone, for clients that do not send "singleThread", as VS Code.
import { custom } from './custom';

export const alone = custom('hyperscope/alone', async (session, { vcpu: wanted, go, instruction }) => {
  const guest = session.stoppedGuest('hyperscope/alone');
  const vcpu = await guest.vcpuOfThread(wanted + 1);
  session.afterAnswer(() => {
    session.event('continued', { threadId: vcpu + 1, allThreadsContinued: false });
    if (go === 'continue') guest.debugger.continue(vcpu);
    else guest.debugger.step(vcpu, go, instruction ? 'instruction' : 'line', true);
  });
  return {};
});
