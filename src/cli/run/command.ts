// `run IMAGE`: a guest on the terminal.
import type { Command } from '../command';
import { optionsHelp } from '../help';
import { RUN_OPTIONS } from './options';
import { parseRun } from './parse-run';
import { runGuest } from './run-guest';

const USAGE = 'hyperscope run IMAGE [options]';

export const runCommand: Command = {
  name: 'run',
  usage: USAGE,
  doc: 'Run a guest: its console on standard output, its input from standard input.',
  async run(argv) {
    const options = parseRun(argv);
    if (options.help) {
      process.stdout.write(optionsHelp(USAGE, RUN_OPTIONS));
      return 0;
    }
    return runGuest(options, (text) => process.stderr.write(`hyperscope: ${text}\n`));
  },
};
