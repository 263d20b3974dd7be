// The command line and the engine's worker as bundles, built once per test run, and run as a user would.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { testOut } from '../support/out';

const root = resolve(__dirname, '../..');
const bundle = testOut('test-cli/cli.js');
let built = false;

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Builds it at the first call; the bundle's path. */
export function builtCli(): string {
  if (!built)
    buildSync({
      entryPoints: { cli: join(root, 'src/cli/main.ts'), 'engine-worker': join(root, 'src/debug/host-link/worker.ts') },
      outdir: dirname(bundle),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      keepNames: true,
      external: ['iced-x86'],
      logLevel: 'error',
    });
  built = true;
  return bundle;
}

export function cli(args: readonly string[], options: { input?: string; stdin?: 'ignore' } = {}): Outcome {
  const result = spawnSync(process.execPath, [builtCli(), ...args], {
    ...(options.stdin === 'ignore' ? { stdio: ['ignore', 'pipe', 'pipe'] as const } : { input: options.input ?? '' }),
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** A folder of its own for the tests of one describe. */
export function temporaryFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-cli-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
