// Moves RIP of one vCPU: a logged input. Nothing runs in between, so registers and stack are as they were.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const goTo = request<DebugProtocol.GotoArguments, void>('goto', {
  async handle(session, args) {
    const guest = session.stoppedGuest('goto');
    const vcpu = await guest.vcpuOfThread(args.threadId);
    const linked = guest.targets.get(args.targetId);
    const { stop } = await guest.debugger.view(vcpu);
    const address = stop.isPaging ? linked : (guest.debugger.addresses.physicalOf(linked) ?? linked);
    await stop.writeRegister('rip', stop.file.mode === 'long64' ? address : address - stop.value('cs.base'));
    session.afterAnswer(() => guest.debugger.showHere(vcpu, 'goto'));
  },
});
