// Guest memory as the stopped vCPU sees it; never fills its TLB.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { parseReference } from '../memory-reference';

const MOST = 1 << 20;

export const readMemory = request<DebugProtocol.ReadMemoryArguments, DebugProtocol.ReadMemoryResponse['body']>('readMemory', {
  capabilities: { supportsReadMemoryRequest: true },
  async handle(session, args) {
    const guest = session.guest('readMemory');
    const address = parseReference('readMemory', args.memoryReference, args.offset);
    const count = Math.max(0, Math.min(args.count, MOST));
    const vcpu = guest.debugger.stop?.vcpu ?? 0;
    const bytes = guest.debugger.isRunning
      ? await guest.control.readMemory(guest.vm, { kind: 'virtual', vcpu }, address, count)
      : await (await guest.debugger.view(vcpu)).stop.guestMemory.read(address, count);
    return {
      address: `0x${address.toString(16)}`,
      data: Buffer.from(bytes).toString('base64'),
      ...(bytes.length < count && {
        unreadableBytes: Math.min(count - bytes.length, 4096 - Number((address + BigInt(bytes.length)) & 0xfffn)),
      }),
    };
  },
});
