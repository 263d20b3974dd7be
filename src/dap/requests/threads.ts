// One thread per vCPU.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const threads = request<void, DebugProtocol.ThreadsResponse['body']>('threads', {
  async handle(session) {
    const guest = session.guest('threads');
    if (guest.debugger.hasEnded) return { threads: [] };
    const vcpus = (await guest.control.vcpus()).filter(({ vm }) => vm === guest.vm);
    return { threads: vcpus.map(({ vcpu }) => ({ id: vcpu + 1, name: `vCPU ${vcpu}` })) };
  },
});
