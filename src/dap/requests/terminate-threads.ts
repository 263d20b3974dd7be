// A vCPU is no thread that could be ended: the request is there so that a client gets a reason instead of nothing.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from '../errors';
import { request } from '../handler';

export const terminateThreads = request<DebugProtocol.TerminateThreadsArguments, void>('terminateThreads', {
  capabilities: { supportsTerminateThreadsRequest: true },
  async handle(session, args) {
    const guest = session.guest('terminateThreads');
    const [first] = args.threadIds ?? [];
    if (first === undefined) throw dapErrors.badArgument('terminateThreads', '"threadIds" names no thread');
    throw dapErrors.vcpuStays(await guest.vcpuOfThread(first));
  },
});
