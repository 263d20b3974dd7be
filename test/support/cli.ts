// Runs the built command line as a user would, and reads its --stats file.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Stats {
  exit: { reason: string; code: number };
  instructions: number;
  virtualNs: number;
  exits: Record<string, { count: number; virtualNs: number }>;
  vcpus: { vm: number; vcpu: number; runningNs: number; runnableNs: number; blockedNs: number; offlineNs: number }[];
  topExits: string[];
  usage: { vm: number; exits: number }[];
  digest: string;
  process: { cpuSeconds: number; engine: { vm: number; tiers: TierFigures; counters: Record<string, number> }[] };
}
export type TierFigures = Record<'interpreter' | 'compiled', Record<string, number>>;

/** All that is the same each time the run is made. */
export const figuresOfRun = ({ process: _process, ...rest }: Stats): Omit<Stats, 'process'> => rest;

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
  stats: Stats;
}

const cli = resolve(__dirname, '../../dist/cli.js');

/** `input`: the piped script; undefined: an empty one. `node`: another Node binary. */
export const runGuest = (
  image: string,
  args: readonly string[] = [],
  options: { input?: string; node?: string; timeoutMs?: number } = {},
): Outcome => runCommand([image, ...args], options);

/** Several VMs, each as an object of `--guests`; `name`d vm0, vm1, … */
export const runGuests = (guests: readonly object[], args: readonly string[], options: { timeoutMs?: number } = {}): Outcome => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-guests-'));
  try {
    const file = join(folder, 'guests.json');
    writeFileSync(file, JSON.stringify(guests));
    return runCommand(['--guests', file, ...args], options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const runCommand = (args: readonly string[], options: { input?: string; node?: string; timeoutMs?: number }): Outcome => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-run-'));
  try {
    const statsFile = join(folder, 'stats.json');
    const result = spawnSync(options.node ?? process.execPath, [cli, 'run', ...args, '--stats', statsFile], {
      input: options.input ?? '',
      encoding: 'utf8',
      timeout: options.timeoutMs ?? 240_000,
      maxBuffer: 64 << 20,
    });
    let stats: Stats;
    try {
      stats = JSON.parse(readFileSync(statsFile, 'utf8'));
    } catch {
      throw new Error(
        `no statistics from run ${args.join(' ')}: status ${result.status}\n${result.stdout.slice(-500)}\n${result.stderr.slice(-2000)}`,
      );
    }
    return { status: result.status, stdout: result.stdout.replaceAll('\r', ''), stderr: result.stderr, stats };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
