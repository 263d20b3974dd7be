// The options of `gdb`: the machine's, as `run` has them, and the port.
import { type OptionRow, option } from '../args/option';
import { integer } from '../args/values';
import { RUN_OPTIONS } from '../run/options';
import { parseWithImage } from '../run/parse-run';
import { defaultRunOptions, type RunOptions } from '../run/run-options';

export interface GdbOptions extends RunOptions {
  /** 0: any free one. */
  port: number;
}

/** A run that someone steps through ends by hand, and has one VM. */
const NOT_HERE: ReadonlySet<string> = new Set([
  ...['save-at', 'until', 'trace', 'stats', 'max-instructions', 'help'],
  ...['guest', 'guests', 'console-of', 'name', 'serial'],
]);

export const GDB_OPTIONS: readonly OptionRow<GdbOptions>[] = [
  option(
    'port',
    {
      value: 'N',
      mustBe: 'a port number from 0 to 65535',
      doc: 'TCP port of the loopback interface; 0: any free one, which is printed. 0.',
    },
    integer(0, 65535),
  ),
  ...RUN_OPTIONS.filter(({ name }) => !NOT_HERE.has(name)),
  option('help', { doc: 'Show this.' }, () => true),
];

export function parseGdb(argv: readonly string[]): GdbOptions {
  return parseWithImage('gdb', GDB_OPTIONS, argv, { ...defaultRunOptions(), port: 0 });
}
