// qRcmd: "monitor …". The answer is text for the person at gdb.
import { UserError } from '../../base/user-error';
import { runMonitor } from '../monitor/index';
import { hexToBytes } from '../wire/hex';
import type { Command } from './command';

export const monitorCommand: Command = {
  name: 'qRcmd',
  async handle(session, args) {
    const line = Buffer.from(hexToBytes(args.slice(1)) ?? []).toString('utf8');
    try {
      const text = await runMonitor(session, line);
      if (text !== '') session.print(text.endsWith('\n') ? text : `${text}\n`);
    } catch (error) {
      // gdb shows no more of an error than that there was one.
      if (!(error instanceof UserError)) throw error;
      session.print(`${error.message}\n`);
    }
    return 'OK';
  },
};
