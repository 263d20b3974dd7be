// Bundles with esbuild: the extension, the debug adapter, the engine worker, the command line, and one script per panel client.
//   node src/build/bundle.mjs [--minify] [--adapter FILE]     (--adapter: a stand-in for the debug adapter, for tests of the extension alone: no engine)
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sourcePlugin } from './source-plugin.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dist = join(root, 'dist');
const minify = process.argv.includes('--minify');
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);

/** Output name → entry point. An entry whose part is not written yet is left out. */
const standIn = option('--adapter');
const nodeEntries = {
  extension: 'src/extension.ts',
  ...(standIn
    ? { adapter: standIn }
    : {
        adapter: 'src/launcher/adapter.ts',
        'adapter-main': 'src/dap/main.ts',
        'engine-worker': 'src/launcher/engine-worker.ts',
        'engine-worker-main': 'src/debug/host-link/worker.ts',
        cli: 'src/launcher/cli.ts',
        'cli-main': 'src/cli/main.ts',
        'native-code': 'src/native-code/maker.ts',
      }),
};

const common = {
  absWorkingDir: root,
  bundle: true,
  minify,
  // Comments with other characters than ASCII would make V8 keep and scan a script of 4 MB in 16-bit characters: starting takes a tenth longer.
  minifyWhitespace: true,
  // The launcher reads scripts as such.
  charset: 'ascii',
  sourcemap: minify ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'views'), { recursive: true });

const plugins = [await sourcePlugin(root)];
const jobs = [];
for (const [name, entry] of Object.entries(nodeEntries)) {
  if (!existsSync(join(root, entry))) continue;
  jobs.push(
    build({
      ...common,
      entryPoints: { [name]: entry },
      outdir: dist,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: ['vscode'],
      plugins,
      ...(name === 'cli' ? { banner: { js: '#!/usr/bin/env node' } } : {}),
    }),
  );
}

const views = join(root, 'src', 'views');
for (const panel of existsSync(views) ? readdirSync(views) : []) {
  const entry = join('src', 'views', panel, 'client.ts');
  if (!existsSync(join(root, entry))) continue;
  jobs.push(
    build({
      ...common,
      entryPoints: { [panel]: entry },
      outdir: join(dist, 'views'),
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
    }),
  );
}
await Promise.all(jobs);

// The interpreter of guest code is a function of the rows: made here, so that no start has to make it. Without these files the engine makes it itself.
if (standIn === undefined) {
  const maker = join(dist, 'make-interpreter.cjs');
  await build({
    ...common,
    sourcemap: false,
    entryPoints: ['src/build/make-interpreter.ts'],
    outfile: maker,
    platform: 'node',
    format: 'cjs',
  });
  execFileSync(process.execPath, [maker, dist]);
  rmSync(maker);
}

// iced-x86 reads its wasm from the folder of the script it is bundled into.
const require = createRequire(import.meta.url);
copyFileSync(join(dirname(require.resolve('iced-x86')), 'iced_x86_bg.wasm'), join(dist, 'iced_x86_bg.wasm'));
if (existsSync(join(dist, 'cli.js'))) chmodSync(join(dist, 'cli.js'), 0o755);
