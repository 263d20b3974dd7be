// The monitor commands: a new one is one row in one of these lists.
import { didYouMean } from '../../base/did-you-mean';
import type { GdbSession } from '../session';
import { FIGURES } from './figures';
import { LOOKING } from './looking';
import { MACHINE } from './machine';
import { type MonitorCommand, monitorErrors, table } from './monitor-command';

const help: MonitorCommand = {
  name: 'help',
  doc: 'Show this.',
  run: async () => table(COMMANDS.map(({ name, args, doc }) => [`monitor ${name}${args === undefined ? '' : ` ${args}`}`, doc])),
};

const COMMANDS: readonly MonitorCommand[] = [help, ...FIGURES, ...LOOKING, ...MACHINE];

export async function runMonitor(session: GdbSession, line: string): Promise<string> {
  const [, name = '', args = ''] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  if (name === '') return help.run(session, '');
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command.run(session, args);
  const names = COMMANDS.map((each) => each.name);
  throw monitorErrors.unknown(name, didYouMean(name, names));
}
