// qXfer: the target description, the memory map, the list of threads and the image's path, read piece by piece.
import { gdbErrors } from '../errors';
import type { GdbSession } from '../session';
import { stateText, threadOf } from '../threads';
import { PACKET_SIZE } from '../wire/framing';
import { parseLength } from '../wire/hex';
import type { Command } from './command';

const MOST = 1 << 24;

/** gdb's map is of addresses as it uses them, linear ones: all of them may be memory, and nothing is to be flashed. */
const MEMORY_MAP =
  '<?xml version="1.0"?>\n<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">\n' +
  '<memory-map><memory type="ram" start="0x0" length="0x8000000000000000"/><memory type="ram" start="0x8000000000000000" length="0x8000000000000000"/></memory-map>\n';

const escapeXml = (text: string): string => text.replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

async function threadsXml(session: GdbSession): Promise<string> {
  const vcpus = (await session.control.vcpus()).filter(({ vm }) => vm === session.vm);
  const rows = vcpus.map(
    (each) => `<thread id="${threadOf(each.vcpu)}" name="${escapeXml(each.name)}">${escapeXml(stateText(each))}</thread>`,
  );
  return `<?xml version="1.0"?>\n<threads>\n${rows.join('\n')}\n</threads>\n`;
}

async function objectOf(session: GdbSession, object: string, annex: string): Promise<string | undefined> {
  switch (object) {
    case 'features':
      return annex === 'target.xml' ? session.description.xml : undefined;
    case 'memory-map':
      return MEMORY_MAP;
    case 'threads':
      return threadsXml(session);
    case 'exec-file':
      return session.target.image;
    default:
      return undefined;
  }
}

export const transferCommand: Command = {
  name: 'qXfer',
  async handle(session, args) {
    const [, object = '', operation, annex = '', place = ''] = args.split(':');
    const text = operation === 'read' ? await objectOf(session, object, annex) : undefined;
    if (text === undefined) return operation === 'read' && object === 'features' ? 'E00' : '';
    const [first, second] = place.split(',');
    const offset = parseLength(first, MOST);
    const length = parseLength(second, MOST);
    if (offset === undefined || length === undefined) throw gdbErrors.malformed('qXfer');
    const bytes = new TextEncoder().encode(text);
    // Escaping may double a byte.
    const piece = bytes.subarray(offset, offset + Math.min(length, PACKET_SIZE / 2));
    const mark = offset + piece.length < bytes.length ? 'm' : 'l';
    return new Uint8Array(Buffer.concat([Buffer.from(mark), piece]));
  },
};
