// Changes guest memory: a logged input.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { debugErrors } from '../../debug/debug-error';
import { dapErrors } from '../errors';
import { request } from '../handler';
import { parseReference } from '../memory-reference';

export const writeMemory = request<DebugProtocol.WriteMemoryArguments, DebugProtocol.WriteMemoryResponse['body']>('writeMemory', {
  capabilities: { supportsWriteMemoryRequest: true },
  async handle(session, args) {
    const guest = session.stoppedGuest('writeMemory');
    const address = parseReference('writeMemory', args.memoryReference, args.offset);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(args.data)) throw dapErrors.badArgument('writeMemory', '"data" is not base64');
    const bytes = new Uint8Array(Buffer.from(args.data, 'base64'));
    const written = await guest.debugger.writeMemory(address, bytes);
    if (written < bytes.length && !args.allowPartial) throw debugErrors.unwritable(address + BigInt(written));
    if (session.client.supportsMemoryEvent) {
      session.afterAnswer(() =>
        session.event('memory', { memoryReference: args.memoryReference, offset: args.offset ?? 0, count: written }),
      );
    }
    return { bytesWritten: written };
  },
});
