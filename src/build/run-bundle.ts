// Runs the bundler, for the scripts that are not it.
import { join } from 'node:path';
import { root } from './paths';
import { run } from './processes';

export const bundle = (...options: string[]): Promise<void> =>
  run(process.execPath, [join(root, 'src', 'build', 'bundle.mjs'), ...options], { cwd: root });
