// npm run campaign: bundles the campaign against the native oracle (several times the speed of the sources as they are) and runs it; arguments are its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sourcePlugin } from './source-plugin.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Tests find their files beside themselves. */
const ownFolder = {
  name: 'own-folder',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(join(root, 'test') + sep)) return undefined;
      return { contents: (await readFile(path, 'utf8')).replaceAll('__dirname', JSON.stringify(dirname(path))), loader: 'ts' };
    });
  },
};

const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
try {
  const outfile = join(folder, 'campaign.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/campaign/differential.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
    plugins: [await sourcePlugin(root), ownFolder],
  });
  process.exitCode =
    spawnSync(process.execPath, ['--max-semi-space-size=32', outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
