// All packets that are answered. What is not here is answered by an empty packet: not supported.

import { BREAKPOINT_COMMANDS } from './breakpoint';
import type { Command } from './command';
import { LIFE_COMMANDS } from './life';
import { MEMORY_COMMANDS } from './memory';
import { monitorCommand } from './monitor';
import { QUERY_COMMANDS } from './query';
import { REGISTER_COMMANDS } from './register';
import { RESUME_COMMANDS } from './resume';
import { THREAD_COMMANDS } from './thread';
import { transferCommand } from './transfer';

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    ...QUERY_COMMANDS,
    ...REGISTER_COMMANDS,
    ...MEMORY_COMMANDS,
    ...BREAKPOINT_COMMANDS,
    ...RESUME_COMMANDS,
    ...THREAD_COMMANDS,
    ...LIFE_COMMANDS,
    transferCommand,
    monitorCommand,
  ].map((command) => [command.name, command]),
);
const LONGEST_NAME = 64;

/** Multi-letter names begin with q, Q, v or b; every other is one letter. */
function nameOf(text: string): string {
  return /^[qQv][A-Za-z.]*\??|^b[cs]|^./s.exec(text)?.[0] ?? '';
}

export function commandFor(data: Uint8Array): { command: Command | undefined; args: string; rest: Uint8Array } {
  const name = nameOf(Buffer.from(data.subarray(0, LONGEST_NAME)).toString('latin1'));
  const rest = data.subarray(name.length);
  return { command: COMMANDS.get(name), args: Buffer.from(rest).toString('latin1'), rest };
}
