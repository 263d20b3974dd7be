// The command line: `hyperscope COMMAND …`. Commands are one list; a user's mistake is one line on standard error and exit status 2.
import { version } from '../../package.json';
import { didYouMean } from '../base/did-you-mean';
import { UserError } from '../base/user-error';
import type { Command } from './command';
import { compareCommand } from './compare/command';
import { dapCommand } from './dap/command';
import { cliErrors } from './errors';
import { gdbCommand } from './gdb/command';
import { runCommand } from './run/command';
import { selfCheckCommand } from './self-check/command';
import { vectorsCommand } from './vectors/command';

const COMMANDS: readonly Command[] = [runCommand, compareCommand, dapCommand, gdbCommand, vectorsCommand, selfCheckCommand];
const USAGE_STATUS = 2;

function help(): string {
  const lines = COMMANDS.map(({ usage, doc }) => `  ${usage}\n      ${doc}`);
  return `Hyperscope ${version}: runs guest kernels on an embedded hypervisor emulator.\n\n${lines.join('\n')}\n  hyperscope --version\n  hyperscope --help\n`;
}

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stderr.write(help());
    return USAGE_STATUS;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command.run(argv);
  const nearest = didYouMean(
    name,
    COMMANDS.map((each) => each.name),
  );
  throw cliErrors.unknownCommand(name, nearest);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof UserError) {
      process.stderr.write(`hyperscope: ${error.message}\n`);
      process.exit(USAGE_STATUS);
    }
    process.stderr.write(`hyperscope: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(70);
  },
);
