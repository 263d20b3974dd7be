// Bytes of any address space, with what they were at the stop before; also while the guest runs.
import type { MemoryAnswer } from '../../protocol/memory';
import { toHex } from '../../protocol/wire';
import { dapErrors } from '../errors';
import { parseReference } from '../memory-reference';
import { guestSpace } from '../memory-space';
import { custom } from './custom';

const MOST = 1 << 16;
const END = 1n << 64n;
const PAGE = 4096;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export const memory = custom('hyperscope/memory', async (session, args): Promise<MemoryAnswer> => {
  const guest = session.guest('hyperscope/memory');
  if (guest.debugger.hasEnded) throw dapErrors.ended();
  const { space, key, place, frameOf } = await guestSpace('hyperscope/memory', guest, args);
  const address = parseReference('hyperscope/memory', args.address);
  const room = END - address;
  const wanted = Number.isSafeInteger(args.length) ? Math.max(0, Math.min(args.length, MOST)) : 0;
  const length = BigInt(wanted) > room ? Number(room) : wanted;
  const readPage = (base: bigint): Promise<Uint8Array> => guest.control.readMemory(guest.vm, space, place(base), PAGE);
  const readFrame = (base: bigint): Promise<Uint8Array> => guest.control.readMemory(guest.vm, { kind: 'physical' }, base, PAGE);
  const keep = !guest.debugger.isRunning;
  const pieces = await guest.seenMemory.readMapped(key, address, length, readPage, { frameOf, readFrame }, keep);
  guest.topics.read('memory');
  return {
    address: toHex(address),
    length,
    pieces: pieces.map(({ offset, bytes, before }) => ({
      offset,
      bytes: base64(bytes),
      before: before && !Buffer.from(before).equals(bytes) ? base64(before) : null,
    })),
  };
});
