// Child processes of the scripts: run one to its end, find a program, ask for a free port, end a whole process group.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** Environment without what npm tells its scripts about this package: an npm started below works for another folder. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const drop =
    /^(npm_package_|npm_lifecycle_|npm_command$|npm_config_local_prefix$|npm_node_execpath$|npm_execpath$|INIT_CWD$|VSCODE_(?!PATH$)|ELECTRON_RUN_AS_NODE$|NODE_OPTIONS$|PORT$|PASSWORD$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !drop.test(name)));
}

/** Runs to the end with inherited output; rejects when the exit status is not 0. */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.once('error', fail);
    child.once('exit', (code, signal) =>
      code === 0 ? done() : fail(new Error(`${command} ${args.join(' ')}: ${signal ?? `exit ${code}`}`)),
    );
  });
}

/** Full path of a program on PATH, or undefined. */
export function which(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const suffix of process.platform === 'win32' ? ['.cmd', '.exe', ''] : ['']) {
      const path = join(folder, name + suffix);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) return path;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

/** `wanted`, or any; rejects when the wanted one is taken. */
export const freePort = (wanted = 0): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
      .once('error', fail)
      .listen(wanted, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
      });
  });

/** Ends a child started with `detached: true` and everything it started; resolves when the child is gone. */
export async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const gone =
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((done) => child.once('exit', () => done()));
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-pid, name);
    } catch {
      // nobody left
    }
  };
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
  signal('SIGKILL');
}
