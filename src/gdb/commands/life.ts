// Letting go, ending and starting anew.
import { gdbErrors } from '../errors';
import type { GdbSession } from '../session';
import { hexToBytes } from '../wire/hex';
import type { Command, Reply } from './command';

async function restart(session: GdbSession): Promise<void> {
  const begin = session.target.restart;
  if (begin === undefined) throw gdbErrors.noRestart();
  session.replace(await begin());
}

/** The guest goes on without gdb. */
async function detach(session: GdbSession): Promise<Reply> {
  await session.letGo();
  const { debugger: debug } = session;
  if (!debug.hasEnded && !debug.isRunning) {
    debug.continue();
    session.target.resumed();
  }
  return 'OK';
}

export const LIFE_COMMANDS: readonly Command[] = [
  { name: 'D', handle: detach },
  {
    name: 'k',
    async handle(session) {
      await session.kill();
      session.close();
      return undefined;
    },
  },
  {
    name: 'vKill',
    async handle(session) {
      await session.kill();
      return 'OK';
    },
  },
  {
    name: 'R',
    async handle(session) {
      await restart(session);
      return undefined;
    },
  },
  {
    name: 'vRun',
    async handle(session, args) {
      const [, file = ''] = args.split(';');
      const name = Buffer.from(hexToBytes(file) ?? []).toString('utf8');
      if (name !== '' && name !== session.target.image) throw gdbErrors.otherImage(session.target.image);
      await restart(session);
      return session.stopReply();
    },
  },
  {
    name: 'vAttach',
    handle() {
      throw gdbErrors.attach();
    },
  },
];
