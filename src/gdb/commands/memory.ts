// Memory as the chosen vCPU sees it by linear address, or guest-physical after "monitor memory physical". Never sets a bit in a page table.
import { gdbErrors } from '../errors';
import type { GdbSession } from '../session';
import { PACKET_SIZE } from '../wire/framing';
import { bytesToHex, hexToBytes, parseHex, parseLength } from '../wire/hex';
import type { Command } from './command';

/** EFAULT, as other servers say it: gdb makes "Cannot access memory" of it. */
const UNREADABLE = 'E0e';
const MOST_BYTES = PACKET_SIZE;

interface Place {
  readonly address: bigint;
  readonly length: number;
}

function placeOf(text: string, packet: string): Place {
  const [first, second] = text.split(',');
  const address = parseHex(first);
  const length = parseLength(second, MOST_BYTES);
  if (address === undefined || length === undefined) throw gdbErrors.malformed(packet);
  return { address, length };
}

/** Before paging, code and data that are linked elsewhere are read and written at their physical place. */
async function spaceFor(session: GdbSession, address: bigint) {
  if (session.physicalMemory) return { space: { kind: 'physical' } as const, at: address };
  const file = await session.registers();
  const paging = ((file.values.cr0 ?? 0n) & 0x8000_0000n) !== 0n;
  const low = paging ? undefined : session.debugger.addresses.physicalOf(address);
  return { space: { kind: 'virtual', vcpu: session.vcpu } as const, at: low ?? address };
}

export async function readMemory(session: GdbSession, address: bigint, length: number): Promise<Uint8Array> {
  const { space, at } = await spaceFor(session, address);
  return session.control.readMemory(session.vm, space, at, length);
}

async function write(session: GdbSession, address: bigint, bytes: Uint8Array): Promise<string> {
  session.needStopped();
  if (bytes.length === 0) return 'OK';
  const { space, at } = await spaceFor(session, address);
  const written = await session.control.writeMemory(session.vm, space, at, bytes);
  session.debugger.onChanged('memory');
  return written === bytes.length ? 'OK' : UNREADABLE;
}

export const MEMORY_COMMANDS: readonly Command[] = [
  {
    name: 'm',
    async handle(session, args) {
      const { address, length } = placeOf(args, 'm');
      const bytes = await readMemory(session, address, Math.min(length, MOST_BYTES / 2));
      return bytes.length === 0 && length > 0 ? UNREADABLE : bytesToHex(bytes);
    },
  },
  {
    name: 'M',
    async handle(session, args) {
      const [where = '', data = ''] = args.split(':');
      const { address, length } = placeOf(where, 'M');
      const bytes = hexToBytes(data);
      if (bytes?.length !== length) throw gdbErrors.malformed('M');
      return write(session, address, bytes);
    },
  },
  {
    name: 'X',
    async handle(session, args, rest) {
      const colon = args.indexOf(':');
      const { address, length } = placeOf(args.slice(0, Math.max(0, colon)), 'X');
      const bytes = rest.slice(colon + 1);
      if (bytes.length !== length) throw gdbErrors.malformed('X');
      return write(session, address, bytes);
    },
  },
];
