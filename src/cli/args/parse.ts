// Arguments of a command by its option rows: "--name value", "--name=value", flags, "--" before arguments that begin with a dash.
import { didYouMean } from '../../base/did-you-mean';
import { cliErrors } from '../errors';
import type { OptionRow } from './option';

/** Sets the options and returns the other arguments, in order. The first thing that is wrong is a UserError. */
export function parseArguments<Options>(
  command: string,
  rows: readonly OptionRow<Options>[],
  argv: readonly string[],
  options: Options,
): string[] {
  const positional: string[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === '--') {
      positional.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positional.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const given = equals < 0 ? argument : argument.slice(0, equals);
    const row = rows.find(({ name }) => `--${name}` === given);
    if (row === undefined) throw unknownOption(command, rows, given);
    if (seen.has(row.name) && !row.many) throw cliErrors.twice(given);
    seen.add(row.name);
    let text: string | undefined = equals < 0 ? undefined : argument.slice(equals + 1);
    if (row.value === undefined) {
      if (text !== undefined) throw cliErrors.noValue(given);
      text = '';
    } else if (text === undefined) {
      text = argv[++i];
      if (text === undefined) throw cliErrors.missingValue(given, row.mustBe ?? row.value);
    }
    if (!row.set(options, text)) throw cliErrors.badValue(given, row.mustBe ?? row.value ?? 'alone', text);
  }
  return positional;
}

function unknownOption<Options>(command: string, rows: readonly OptionRow<Options>[], given: string) {
  const bare = given.replace(/^-+/, '');
  const nearest = didYouMean(
    bare,
    rows.map(({ name }) => name),
  );
  return cliErrors.unknownOption(given, nearest === undefined ? undefined : `--${nearest}`, command);
}
