// npm start where there is a VS Code: from this folder on a desktop; installed as a package where the window is remote.
import { join } from 'node:path';
import { makePackage } from './package';
import { cacheFolder, root } from './paths';
import { cleanEnvironment, run } from './processes';
import type { Choice } from './start-choice';

export async function openDesktop(choice: Exclude<Choice, { kind: 'browser' }>, folder: string): Promise<void> {
  // A remote terminal's "code" finds its window by these variables.
  const env = choice.kind === 'remote' ? process.env : cleanEnvironment();
  const code = (...args: string[]) => run(choice.program, args, { env, shell: process.platform === 'win32' });
  if (choice.kind === 'remote') {
    await code('--install-extension', await makePackage(), '--force');
    await code('--new-window', folder);
  } else {
    // VS Code refuses to run as root unless told where its data goes, and its sandbox does not work there.
    const asRoot = choice.asRoot ? ['--no-sandbox', '--user-data-dir', join(cacheFolder, 'vscode-as-root')] : [];
    await code('--new-window', `--extensionDevelopmentPath=${root}`, ...asRoot, folder);
  }
  console.log('Press F5 in the window that opens.');
}
