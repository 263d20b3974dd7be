// `gdb IMAGE`: a guest for gdb, over the GDB remote serial protocol on loopback TCP.
import type { Command } from '../command';
import { optionsHelp } from '../help';
import { GDB_OPTIONS, parseGdb } from './options';
import { serveGdb } from './serve';

const USAGE = 'hyperscope gdb IMAGE [options]';

export const gdbCommand: Command = {
  name: 'gdb',
  usage: USAGE,
  doc: 'Serve a guest to gdb: it stands before its first instruction until gdb lets it run.',
  async run(argv) {
    const options = parseGdb(argv);
    if (options.help) {
      process.stdout.write(optionsHelp(USAGE, GDB_OPTIONS));
      return 0;
    }
    return serveGdb(options, (text) => process.stderr.write(`hyperscope: ${text}\n`));
  },
};
