// npm run bench: the benchmark guest on this project's engine and on each peer that is installed, in one run; medians and ratios.
// Arguments: --runs N (default 3), --only ITEM, --divide N (shorter work), --cold (this project without what it keeps between runs; otherwise as it is after a first run).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bochs, buildGuest, type Engine, has, hyperscope, qemu } from './engines';
import { type Measured, measure } from './measure';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
/** Of RAM, as the engines are told. */
const GUEST_MIB = 128;
const LIMIT_MIB = 300;
/** What takes less cannot be told from nothing. */
const LEAST_SECONDS = 0.001;
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** What a first run leaves for the next is made when it ends, by processes of its own: none of them may be killed. */
async function warmUp(image: string, cache: string): Promise<void> {
  rmSync(cache, { recursive: true, force: true });
  process.env.XDG_CACHE_HOME = cache;
  const [program, ...args] = hyperscope(image, 'auto').command;
  await once(spawn(program!, args, { stdio: 'ignore' }), 'exit');
  const native = join(cache, 'hyperscope/native');
  // Where V8 gives no machine code out, none is kept.
  while (existsSync(native) && readdirSync(native).some((name) => name.endsWith('.claim')))
    await new Promise((done) => setTimeout(done, 100));
}

const main = async () => {
  const runs = Number(argument('--runs') ?? 3);
  const only = argument('--only');
  // A line comes to its reader some milliseconds late on a busy machine, which an exit's item would be all of.
  const variables = { DIVIDE: argument('--divide') ?? '1', SHORT: '8' };
  const out = resolve(__dirname, '../../out/bench');
  mkdirSync(out, { recursive: true });
  const image = buildGuest(out, 'bench.elf', variables);
  const engines: (Engine | undefined)[] = [hyperscope(image, 'auto'), hyperscope(image, 'interpreter'), qemu(image)];
  if (has('bochs') && has('grub-mkrescue')) engines.push(bochs(out, buildGuest(out, 'bench.iso', variables)));
  const present = engines.filter((engine) => engine !== undefined);
  for (const name of ['qemu-tcg', 'bochs']) if (!present.some((engine) => engine.name === name)) console.log(`not installed: ${name}`);

  const isCold = process.argv.includes('--cold');
  if (isCold) process.env.HYPERSCOPE_CODE_CACHE = 'off';
  else await warmUp(image, join(out, 'cache'));

  const results = new Map<string, Measured[]>();
  for (let run = 0; run < runs; run++)
    for (const engine of present) results.set(engine.name, [...(results.get(engine.name) ?? []), await measure(engine, only)]);

  const own = results.get('hyperscope')!;
  console.log(
    `CPU seconds, median of ${runs}${isCold ? ', nothing kept between runs' : ''}; ratio = peer / hyperscope (higher: hyperscope is faster)`,
  );
  const ratios = new Map<string, { item: string; ratio: number }[]>();
  for (const item of own[0]!.items) {
    const seconds = (name: string) =>
      median(results.get(name)!.map(({ items }) => items.find((other) => other.name === item.name)?.cpuSeconds ?? Number.NaN));
    const mine = seconds('hyperscope');
    const peers = present.slice(1).map((engine) => {
      const ratio = Math.max(seconds(engine.name), LEAST_SECONDS) / Math.max(mine, LEAST_SECONDS);
      ratios.set(engine.name, [...(ratios.get(engine.name) ?? []), { item: item.name, ratio }]);
      const sum = results.get(engine.name)![0]!.items.find((other) => other.name === item.name)?.sum;
      return `${engine.name} ${seconds(engine.name).toFixed(3)} (${(seconds(engine.name) / mine).toFixed(2)}x${sum === item.sum ? '' : ', SUM DIFFERS'})`;
    });
    console.log(`${item.name.padEnd(10)} n=${String(item.n).padEnd(9)} sum=${item.sum} hyperscope ${mine.toFixed(3)}  ${peers.join('  ')}`);
  }
  const peak = own.reduce((most, { peakMib }) => Math.max(most, peakMib), 0);
  console.log(
    `hyperscope: peak memory ${peak.toFixed(0)} MiB, with what the guest has used of its ${GUEST_MIB} (limit ${LIMIT_MIB} beyond those)`,
  );
  for (const [name, all] of ratios) {
    const mean = Math.exp(all.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / all.length);
    const least = all.toSorted((a, b) => a.ratio - b.ratio)[0]!;
    console.log(`${name}: geometric mean ${mean.toFixed(2)}x of ${all.length} items, least ${least.ratio.toFixed(2)}x (${least.item})`);
  }
  const version = (command: string[]) => execFileSync(command[0]!, command.slice(1), { encoding: 'utf8' }).split('\n')[0];
  if (has('qemu-system-x86_64')) console.log(version(['qemu-system-x86_64', '--version']));
  console.log(`node ${process.version}; results in ${join('out', 'bench')}`);
};

main().catch((error: unknown) => {
  console.error(String(error));
  process.exit(1);
});
