// The built command line on a terminal of its own, which util-linux's "script" makes: what is typed there arrives as it would from a person.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { Dialogue } from './dialogue';

const cli = resolve(__dirname, '../../../dist/cli.js');
/** The command line keeps it for itself unless it is typed twice. */
const CTRL_A = '\x01';
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export interface PtyRun {
  readonly dialogue: Dialogue;
  /** The exit status, when all is over. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

export const TERMINAL_MAKER = 'script';

/** `run ARGS…` of the command line. */
export function runOnTerminal(args: readonly string[]): PtyRun {
  const command = [process.execPath, cli, 'run', ...args].map(quoted).join(' ');
  const child = spawn(TERMINAL_MAKER, ['--quiet', '--return', '--flush', '--command', `exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const dialogue = new Dialogue((bytes) =>
    child.stdin.write(
      Buffer.from(bytes)
        .toString('latin1')
        .replaceAll(CTRL_A, CTRL_A + CTRL_A),
      'latin1',
    ),
  );
  child.stdout.on('data', (bytes: Buffer) => dialogue.show(bytes));
  const ended = new Promise<number | null>((done) => {
    child.on('close', (status) => {
      dialogue.end();
      done(status);
    });
  });
  return { dialogue, ended, kill: () => child.kill() };
}
