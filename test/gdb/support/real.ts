// Debian's gdb in batch mode on the built command line's server: commands in, what it printed out.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtCli } from '../../cli/built-cli';
import { scratchFolder } from '../../support/scratch';

/** Unbuffered and through one pipe: what gdb says itself and what the server says stay in order. */
const ONE_PIPE = ['sh', '-c', 'exec stdbuf -o0 "$@" 2>&1', 'sh'] as const;
const PATIENCE_MS = 240_000;

export interface RealRun {
  /** What gdb printed. */
  readonly text: string;
  /** What the server printed: the guest's console and messages. */
  readonly console: string;
  readonly said: string;
  /** The server's exit status; null: it went on and was stopped. */
  readonly status: number | null;
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: { console: string; said: string };
  readonly ended: Promise<number | null>;
}

export function serve(image: string, args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [builtCli(), 'gdb', image, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { console: '', said: '' };
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  child.stdout.on('data', (chunk: Buffer) => {
    output.console += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the server ended (${code}): ${output.said}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      output.said += chunk.toString();
      const port = /gdb server on 127\.0\.0\.1:(\d+); connect with\n {2}gdb .*'\n/.exec(output.said)?.[1];
      if (port !== undefined) resolve({ child, port: Number(port), output, ended });
    });
  });
}

/** `lines`: gdb's commands; "target" connects. */
export async function runGdb(image: string, args: readonly string[], lines: readonly string[]): Promise<RealRun> {
  const server = await serve(image, args);
  const script = join(scratchFolder(), 'commands.gdb');
  const target = `target remote 127.0.0.1:${server.port}`;
  const commands = [
    'set pagination off',
    'set width 0',
    'set confirm off',
    // A busy machine is no broken connection.
    'set remotetimeout 60',
    ...lines.map((line) => line.replace(/^target$/, target).replace(/^target extended$/, target.replace('remote', 'extended-remote'))),
  ];
  writeFileSync(script, `${commands.join('\n')}\n`);
  const gdb = spawn(ONE_PIPE[0], [...ONE_PIPE.slice(1), 'gdb', '-nx', '-batch', '-x', script, image], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [gdb.stdout, gdb.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const timer = setTimeout(() => gdb.kill('SIGKILL'), PATIENCE_MS);
  await new Promise((resolve) => gdb.once('close', resolve));
  clearTimeout(timer);
  // A server whose guest has not ended goes on: gdb may come again.
  const late = setTimeout(() => server.child.kill('SIGKILL'), 1500);
  const status = await server.ended;
  clearTimeout(late);
  return { text, ...server.output, status };
}
