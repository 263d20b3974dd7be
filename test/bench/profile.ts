// npm run bench:profile [-- --runs N --divide N --scale N --only LINE]: what a profile of 1 000 samples in a virtual second costs, beside the same runs without one, by the CPU time of
// all threads. They run in turns; one more with a profile of no samples tells what of it is the start (symbols). One VM with both tiers, and two VMs on two physical CPUs.
// Each is measured short and long: what V8 compiles to take and follow samples is paid in the first seconds. Which regions the compiler makes hangs on where calls of the engine
// end by the host's clock: a few percent either way with `auto`, other ones at each size.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { scratchFolder } from '../support/scratch';
import { buildGuest } from './engines';
import { inTurns } from './in-turns';

const root = resolve(__dirname, '../..');
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const LIMIT_PERCENT = 5;

interface Run {
  process: { cpuSeconds: number };
  virtualNs: number;
  digest: string;
  vcpus: { runningNs: number }[];
}

const folder = scratchFolder();
const WAYS = [
  { name: 'without', every: undefined },
  { name: 'no samples', every: '1000s' },
  { name: 'with', every: '1ms' },
] as const;

/** CPU seconds. */
interface Cost {
  without: number;
  more: number;
}

/** Each run without, with no samples and with them, a few milliseconds each in turn. */
async function cost(title: string, args: readonly string[], runs: number): Promise<Cost> {
  const seconds: number[][] = [];
  const digests = new Set<string>();
  let samples = 0;
  for (let i = 0; i < runs; i++) {
    const files = WAYS.map(({ name }) => join(folder, `${name}-${i}.json`));
    const commands = WAYS.map(({ every }, way) => {
      const profile = every === undefined ? [] : ['--profile', join(folder, `bench-${way}.txt`), '--profile-every', every];
      return [process.execPath, join(root, 'dist/cli.js'), 'run', ...args, ...profile, '--stats', files[way]!];
    });
    // Each is the first as often as the others: it begins with cold caches.
    const order = WAYS.map((_, way) => (way + i) % WAYS.length);
    const errors: string[] = [];
    for (const [at, text] of (await inTurns(order.map((way) => commands[way]!))).entries()) errors[order[at]!] = text;
    const all = files.map((file, way): Run => {
      if (!existsSync(file)) throw new Error(errors[way]);
      return JSON.parse(readFileSync(file, 'utf8'));
    });
    seconds.push(all.map(({ process: { cpuSeconds } }) => cpuSeconds));
    for (const { digest } of all) digests.add(digest);
    samples = all[0]!.vcpus.reduce((sum, { runningNs }) => sum + Math.floor(runningNs / 1e6), 0);
  }
  if (digests.size !== 1) throw new Error(`${title}: a profile changes the run`);
  const more = (way: number): number[] => seconds.map((run) => 100 * (run[way]! / run[0]! - 1));
  const percent = (value: number): string => `${value.toFixed(1)} %`;
  const [without = 0, , whole = 0] = WAYS.map((_, way) => median(seconds.map((run) => run[way]!)));
  console.log(
    `${title}, ${samples} samples: ${without.toFixed(2)} s without, ${whole.toFixed(2)} s with: ${percent(median(more(2)))} more (median of ${more(2).map(percent).join(', ')}; limit ${LIMIT_PERCENT} %), ${percent(median(more(1)))} of it to start`,
  );
  return { without, more: median(seconds.map(([plain, , profiled]) => profiled! - plain!)) };
}

/** What V8 and the symbols take once is the same in a short run and in a long one. */
function tellRate(title: string, short: Cost, long: Cost): void {
  const rate = (100 * (long.more - short.more)) / (long.without - short.without);
  const once = short.more - (rate / 100) * short.without;
  console.log(`${title}: ${rate.toFixed(1)} % (limit ${LIMIT_PERCENT} %), and ${once.toFixed(2)} s once`);
  if (rate > LIMIT_PERCENT) process.exitCode = 1;
}

const out = join(root, 'out', 'bench');
mkdirSync(out, { recursive: true });
/** Short and long: a few seconds of CPU time, and four times as much. */
const SCALES = { interpreter: [1, 4], auto: [2, 8] } as const;
const scalesOf = (tier: keyof typeof SCALES): readonly number[] =>
  process.argv.includes('--scale') ? [argument('--scale', 1)] : SCALES[tier];
const imageOf = (scale: number): string => buildGuest(out, 'bench.elf', { DIVIDE: String(argument('--divide', 1)), SCALE: String(scale) });
const runs = argument('--runs', 5);
const guest = ['--hypervisor', 'none', '--memory', '128M'];
async function main(): Promise<void> {
  const at = process.argv.indexOf('--only');
  const only = at < 0 ? undefined : process.argv[at + 1];
  for (const tier of ['interpreter', 'auto'] as const)
    for (const line of [tier, `${tier}, two VMs`]) {
      if (only !== undefined && only !== line) continue;
      const costs: Cost[] = [];
      for (const scale of scalesOf(tier)) {
        const image = imageOf(scale);
        const vms = line === tier ? [image] : ['--guest', image, '--guest', image, '--pcpus', '2'];
        costs.push(await cost(`${line}, size ${scale}`, [...vms, ...guest, '--tier', tier], runs));
      }
      if (costs.length === 2) tellRate(line, costs[0]!, costs[1]!);
    }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
