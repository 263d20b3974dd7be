// One thread per vCPU.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';

export const threads = request<void, DebugProtocol.ThreadsResponse['body']>('threads', {
  async handle(session) {
    const guest = session.guest('threads');
    if (guest.debugger.hasEnded) return { threads: [] };
    const vcpus = await guest.vcpus();
    return { threads: vcpus.map(({ vcpu, hold }) => ({ id: vcpu + 1, name: hold === 'held' ? `vCPU ${vcpu} (held)` : `vCPU ${vcpu}` })) };
  },
});
