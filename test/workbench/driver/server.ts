// Starts the browser workbench on loopback with a profile of its own, and ends it with everything it started.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverArguments, serverEnvironment } from '../../../src/build/code-server';
import { endGroup, freePort, run } from '../../../src/build/processes';
import { installWorkbench } from '../../../src/build/workbench-install';
import { settings } from './settings';

export interface ServerOptions {
  vsix?: string;
  /** After the installation: changes what is in the profile. */
  installed?: (home: string) => void;
  /** Language of the workbench. */
  locale?: string;
  /** Only with it does a built workbench run tests in the extension host; it also hides all notifications. */
  extensionTests?: boolean;
  settings?: Record<string, unknown>;
  env?: NodeJS.ProcessEnv;
}
export interface Server {
  url: string;
  /** host:port, the remote authority. */
  host: string;
  process: ChildProcess;
  log(): string;
  stop(): Promise<void>;
}

const startLimitMs = 60000;

export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const installed = await installWorkbench(console.log);
  const home = mkdtempSync(join(tmpdir(), 'hyperscope-workbench-'));
  mkdirSync(join(home, 'user', 'User'), { recursive: true });
  writeFileSync(join(home, 'user', 'User', 'settings.json'), JSON.stringify({ ...settings, ...options.settings }, null, 1));
  const env = { ...serverEnvironment(home), ...options.env };
  const port = await freePort();
  const args = serverArguments(installed, home, port);
  if (options.vsix) await run(installed.node, [...args.common, '--install-extension', options.vsix], { env, stdio: 'ignore' });
  options.installed?.(home);
  const logFile = join(home, 'server.log');
  const log = openSync(logFile, 'w');
  const extra = [
    ...(options.locale ? ['--locale', options.locale] : []),
    ...(options.extensionTests ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    '--vscode-option',
    `builtin-extensions-dir=${installed.builtins}`,
  ];
  const child = spawn(installed.node, [...args.common, ...args.serve, ...extra], { env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  const readLog = () => readFileSync(logFile, 'utf8');
  const stop = async () => {
    await endGroup(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await answering(url, child);
  } catch (error) {
    const text = readLog().slice(-2000);
    await stop();
    throw new Error(`${String(error)}\n${text}`);
  }
  return { url, host: `127.0.0.1:${port}`, process: child, log: readLog, stop };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (const limit = Date.now() + startLimitMs; ; ) {
    if (child.exitCode !== null) throw new Error(`code-server ended with status ${child.exitCode}`);
    if (Date.now() > limit) throw new Error('code-server did not answer in time');
    const up = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return;
    await new Promise((wait) => setTimeout(wait, 100));
  }
}
