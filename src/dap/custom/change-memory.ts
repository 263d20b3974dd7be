// New bytes for memory of any address space: a logged input.
import { debugErrors } from '../../debug/debug-error';
import { dapErrors } from '../errors';
import { parseReference } from '../memory-reference';
import { guestSpace } from '../memory-space';
import { custom } from './custom';

const COMMAND = 'hyperscope/changeMemory';
const MOST = 1 << 16;

export const changeMemory = custom(COMMAND, async (session, args) => {
  const guest = session.stoppedGuest(COMMAND);
  const { space, place } = await guestSpace(COMMAND, guest, args);
  const address = parseReference(COMMAND, args.address);
  if (typeof args.bytes !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(args.bytes))
    throw dapErrors.badArgument(COMMAND, '"bytes" is not base64');
  const bytes = new Uint8Array(Buffer.from(args.bytes, 'base64'));
  if (bytes.length > MOST) throw dapErrors.badArgument(COMMAND, `more than ${MOST} bytes`);
  // All or nothing: a half-written word would be a surprise.
  const readable = await guest.control.readMemory(guest.vm, space, place(address), bytes.length);
  if (readable.length < bytes.length) throw debugErrors.unwritable(address + BigInt(readable.length));
  await guest.control.writeMemory(guest.vm, space, place(address), bytes);
  guest.debugger.onChanged('memory', args.space === 'virtual' && args.cr3 === null ? { address, count: bytes.length } : undefined);
  return {};
});
