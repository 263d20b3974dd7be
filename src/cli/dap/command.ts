// `dap`: the debug adapter for editors without our extension, on standard input and output or on loopback TCP.
import type { Command } from '../command';
import { optionsHelp } from '../help';
import { DAP_OPTIONS, parseDap } from './options';
import { serveDap } from './serve';

const USAGE = 'hyperscope dap [--port N]';

export const dapCommand: Command = {
  name: 'dap',
  usage: USAGE,
  doc: 'Serve the debug adapter.',
  async run(argv) {
    const options = parseDap(argv);
    if (options.help) {
      process.stdout.write(optionsHelp(USAGE, DAP_OPTIONS));
      return 0;
    }
    return serveDap(options.port);
  },
};
