// npm run bench:profile [-- --runs N --divide N]: what a profile of 1 000 samples in a virtual second costs, beside the same runs without one. Medians of alternating runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scratchFolder } from '../support/scratch';
import { buildGuest } from './engines';

const root = resolve(__dirname, '../..');
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function measure(args: readonly string[]): { cpuSeconds: number; virtualNs: number; digest: string } {
  const stats = join(scratchFolder(), 'profile-stats.json');
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), 'run', ...args, '--stats', stats], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (!existsSync(stats)) throw new Error(`status ${status}: ${stderr.toString()}`);
  return JSON.parse(readFileSync(stats, 'utf8'));
}

function cost(tier: string, image: string, runs: number): void {
  const args = [image, '--hypervisor', 'none', '--memory', '128M', '--tier', tier];
  const file = join(scratchFolder(), 'bench.txt');
  const off = [];
  const on = [];
  for (let i = 0; i < runs; i++) {
    off.push(measure(args));
    on.push(measure([...args, '--profile', file, '--profile-every', '1ms']));
  }
  if (new Set([...off, ...on].map(({ digest }) => digest)).size !== 1) throw new Error(`${tier}: a profile changes the run`);
  const [without, with_] = [off, on].map((each) => median(each.map(({ cpuSeconds }) => cpuSeconds))) as [number, number];
  const virtual = (off[0]?.virtualNs ?? 0) / 1e9;
  console.log(
    `${tier.padEnd(12)} ${without.toFixed(2)} s without, ${with_.toFixed(2)} s with a profile of ${virtual.toFixed(2)} virtual s: ${(100 * (with_ / without - 1)).toFixed(1)} % more`,
  );
}

const out = join(root, 'out', 'bench');
mkdirSync(out, { recursive: true });
const image = buildGuest(out, 'bench.elf', { DIVIDE: String(argument('--divide', 1)) });
for (const tier of ['interpreter', 'auto']) cost(tier, image, argument('--runs', 3));
