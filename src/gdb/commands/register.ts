// Registers: all general ones (g, G) or one by number (p, P).
import { gdbErrors } from '../errors';
import type { GdbRegister } from '../registers/features.rows';
import { encodeValue, writeOf } from '../registers/values';
import type { GdbSession } from '../session';
import { bytesToHex, hexToBytes, parseLength } from '../wire/hex';
import type { Command } from './command';

const MOST_REGISTERS = 0xffff;

function registerAt(session: GdbSession, text: string, packet: string): GdbRegister {
  const number = parseLength(text, MOST_REGISTERS);
  if (number === undefined) throw gdbErrors.malformed(packet);
  const register = session.description.registers[number];
  if (register === undefined) throw gdbErrors.noRegister(number);
  return register;
}

async function write(session: GdbSession, register: GdbRegister, bytes: Uint8Array): Promise<void> {
  const change = writeOf(register, bytes);
  if (change === undefined) throw gdbErrors.derived(register.name);
  await session.control.setRegister(session.vm, session.vcpu, change.name, change.value);
}

const generals = (session: GdbSession): readonly GdbRegister[] => session.description.registers.slice(0, session.description.generalCount);

async function readAll(session: GdbSession): Promise<string> {
  const file = await session.registers();
  return generals(session)
    .map((register) => encodeValue(register, file))
    .join('');
}

/** Only what changes is written, so that what is not to be written may stay. */
async function writeAll(session: GdbSession, args: string): Promise<string> {
  session.needStopped();
  const bytes = hexToBytes(args);
  if (bytes === undefined) throw gdbErrors.malformed('G');
  const file = await session.registers();
  let at = 0;
  for (const register of generals(session)) {
    const piece = bytes.subarray(at, at + register.bits / 8);
    at += register.bits / 8;
    if (piece.length < register.bits / 8) break;
    if (bytesToHex(piece) !== encodeValue(register, file)) await write(session, register, piece);
  }
  session.debugger.onChanged('registers');
  return 'OK';
}

export const REGISTER_COMMANDS: readonly Command[] = [
  { name: 'g', handle: readAll },
  { name: 'G', handle: writeAll },
  {
    name: 'p',
    async handle(session, args) {
      const register = registerAt(session, args, 'p');
      return encodeValue(register, await session.registers());
    },
  },
  {
    name: 'P',
    async handle(session, args) {
      session.needStopped();
      const [number = '', value = ''] = args.split('=');
      const register = registerAt(session, number, 'P');
      const bytes = hexToBytes(value);
      if (bytes === undefined || bytes.length !== register.bits / 8) throw gdbErrors.malformed('P');
      await write(session, register, bytes);
      session.debugger.onChanged('registers');
      return 'OK';
    },
  },
];
