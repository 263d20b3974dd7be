// Takes vCPUs out of the machine for good: a logged input. To the guest a processor has died; it is not asked, and its memory and interrupts stay as they are.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
import { request } from '../handler';

export const terminateThreads = request<DebugProtocol.TerminateThreadsArguments, void>('terminateThreads', {
  capabilities: { supportsTerminateThreadsRequest: true },
  async handle(session, { threadIds = [] }) {
    const guest = session.guest('terminateThreads');
    if (guest.debugger.hasEnded) throw dapErrors.ended();
    if (threadIds.length === 0) throw dapErrors.badArgument('terminateThreads', '"threadIds" names no thread');
    const vcpus = await Promise.all(threadIds.map((id) => guest.vcpuOfThread(id)));
    if (vcpus.length >= (await guest.vcpus()).length) throw dapErrors.lastVcpu();
    for (const vcpu of vcpus) await guest.control.takeOffline(guest.vm, vcpu);
    session.afterAnswer(() => {
      for (const threadId of threadIds) session.event('thread', { reason: 'exited', threadId });
    });
  },
});
