// A new value for a register: a C expression.
import { evaluate } from '../../debug/c/evaluate';
import { scalarOf } from '../../debug/c/value';
import { scopeOfVcpu } from '../evaluation-scope';
import { custom } from './custom';

export const setRegister = custom('hyperscope/setRegister', async (session, { vcpu, name, value }) => {
  const guest = session.stoppedGuest('hyperscope/setRegister');
  await guest.vcpuOfThread(vcpu + 1);
  const scope = await scopeOfVcpu(guest, vcpu);
  await scope.writeCpuRegister(name.replace(/^\$/, ''), await scalarOf(await evaluate(value, scope), scope));
  return {};
});
