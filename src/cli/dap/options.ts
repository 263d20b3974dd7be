// The options of `dap`.
import { type OptionRow, option } from '../args/option';
import { parseArguments } from '../args/parse';
import { integer } from '../args/values';
import { cliErrors } from '../errors';

export interface DapOptions {
  /** Loopback TCP; undefined: standard input and output. */
  port: number | undefined;
  help: boolean;
}

export const DAP_OPTIONS: readonly OptionRow<DapOptions>[] = [
  option(
    'port',
    {
      value: 'N',
      mustBe: 'a port number from 0 to 65535',
      doc: 'Listen on this TCP port of the loopback interface (0: any free one, which is printed) instead of using standard input and output.',
    },
    integer(0, 65535),
  ),
  option('help', { doc: 'Show this.' }, () => true),
];

export function parseDap(argv: readonly string[]): DapOptions {
  const options: DapOptions = { port: undefined, help: false };
  const [extra] = parseArguments('dap', DAP_OPTIONS, argv, options);
  if (extra !== undefined) throw cliErrors.extraArgument(extra);
  return options;
}
