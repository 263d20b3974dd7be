// Makes the installable extension: bundles, minified, and what .vscodeignore allows, into one .vsix.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { outFolder, root, vsixPath } from './paths';
import { cleanEnvironment, run } from './processes';

/** vsce runs the script `vscode:prepublish` itself, which bundles. */
export async function makePackage(target = vsixPath): Promise<string> {
  mkdirSync(outFolder, { recursive: true });
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', target];
  await run(process.execPath, [vsce, 'package', ...options], { cwd: root, env: cleanEnvironment() });
  return target;
}

if (require.main === module)
  makePackage().catch((error: unknown) => {
    console.error(String(error));
    process.exitCode = 1;
  });
