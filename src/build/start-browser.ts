// npm start where there is no VS Code: the browser workbench on loopback, in the foreground until Ctrl+C.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serverArguments, serverEnvironment } from './code-server';
import { makePackage } from './package';
import { cacheFolder } from './paths';
import { endGroup, freePort, run } from './processes';
import { installWorkbench } from './workbench-install';

/** The usual one, so that a forwarded port stays the same; another when it is taken. */
const usualPort = 8377;

const settings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.openRepositoryInParentFolders': 'never',
};

export async function serveBrowser(folder: string): Promise<void> {
  const installed = await installWorkbench(console.log);
  const home = join(cacheFolder, 'browser-profile');
  const settingsFile = join(home, 'user', 'User', 'settings.json');
  mkdirSync(dirname(settingsFile), { recursive: true });
  if (!existsSync(settingsFile)) writeFileSync(settingsFile, `${JSON.stringify(settings, null, 2)}\n`);
  const port = await freePort(usualPort).catch(() => freePort());
  const { common, serve } = serverArguments(installed, home, port);
  const env = serverEnvironment(home);
  await run(installed.node, [...common, '--install-extension', await makePackage(), '--force'], {
    env,
    stdio: 'ignore',
  });
  const child = spawn(installed.node, [...common, ...serve], { env, stdio: ['ignore', 'ignore', 'ignore'], detached: true });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      void endGroup(child).then(() => process.exit(signal === 'SIGINT' ? 130 : 143));
    });
  while (child.exitCode === null && !(await answers(port))) await new Promise((wait) => setTimeout(wait, 200));
  if (child.exitCode !== null) throw new Error(`the browser workbench ended with status ${child.exitCode}`);
  console.log(`\nOpen http://127.0.0.1:${port}/?folder=${encodeURI(folder)} and press F5.\nCtrl+C stops it.`);
  await ended;
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
