// npm run bench:profile [-- --runs N --divide N --scale N]: what a profile of 1 000 samples in a virtual second costs, beside the same runs without one, by the CPU time of
// all threads. Runs alternate; one more with a profile of no samples tells what of it is the start (symbols). One VM with both tiers, and two VMs on two physical CPUs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scratchFolder } from '../support/scratch';
import { buildGuest } from './engines';

const root = resolve(__dirname, '../..');
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const least = (values: readonly number[]): number => Math.min(...values);

interface Run {
  cpuSeconds: number;
  virtualNs: number;
  digest: string;
  vcpus: { runningNs: number }[];
}

const folder = scratchFolder();
function run(args: readonly string[]): Run {
  const stats = join(folder, 'profile-stats.json');
  rmSync(stats, { force: true });
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), 'run', ...args, '--stats', stats], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (!existsSync(stats)) throw new Error(`status ${status}: ${stderr.toString()}`);
  return JSON.parse(readFileSync(stats, 'utf8'));
}

const WAYS = [
  { name: 'without', every: undefined },
  { name: 'no samples', every: '1000s' },
  { name: 'with', every: '1ms' },
] as const;

function cost(title: string, args: readonly string[], runs: number): void {
  const seconds = WAYS.map((): number[] => []);
  const digests = new Set<string>();
  let samples = 0;
  for (let i = 0; i < runs; i++)
    for (const [way, { every }] of WAYS.entries()) {
      const profile = every === undefined ? [] : ['--profile', join(folder, 'bench.txt'), '--profile-every', every];
      const { cpuSeconds, digest, vcpus } = run([...args, ...profile]);
      seconds[way]!.push(cpuSeconds);
      digests.add(digest);
      samples = vcpus.reduce((sum, { runningNs }) => sum + Math.floor(runningNs / 1e6), 0);
    }
  if (digests.size !== 1) throw new Error(`${title}: a profile changes the run`);
  const figures = (of: (values: readonly number[]) => number): string => {
    const [without = 0, start = 0, whole = 0] = seconds.map(of);
    const more = (value: number): string => `${((100 * value) / without).toFixed(1)} %`;
    return `${without.toFixed(2)} s without, ${whole.toFixed(2)} s with: ${more(whole - without)} more, ${more(start - without)} of it to start`;
  };
  console.log(`${title}, ${samples} samples: ${figures(least)} (least of ${runs}); ${figures(median)} (medians)`);
}

const out = join(root, 'out', 'bench');
mkdirSync(out, { recursive: true });
const image = buildGuest(out, 'bench.elf', { DIVIDE: String(argument('--divide', 1)), SCALE: String(argument('--scale', 2)) });
const runs = argument('--runs', 5);
const guest = ['--hypervisor', 'none', '--memory', '128M'];
for (const tier of ['interpreter', 'auto']) {
  cost(tier, [image, ...guest, '--tier', tier], runs);
  const two = ['--guest', image, '--guest', image];
  cost(`${tier}, two VMs`, [...two, '--pcpus', '2', ...guest, '--tier', tier], runs);
}
