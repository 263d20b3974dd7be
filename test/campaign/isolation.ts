// npm run campaign:isolation [SECONDS] [SEED]: fuzzing guests one after the other, each beside a VM whose run must stay the same. An hour unless told otherwise.
// At the end a table of what the host took longest for. A failure prints its interface, seed and number of operations, and the campaign goes on; its status is 1 then.
import { type Episode, Isolation } from '../isolation/episode';
import { INTERFACES } from '../isolation/interfaces.rows';
import { type Longest, MAX_STEPS } from '../isolation/work';
import { Chance } from '../proof/random';

const seconds = Number(process.argv[2] ?? 3600);
const chance = new Chance(process.argv[3] === undefined ? undefined : Number(process.argv[3]));
const LENGTHS = [20, 100, 400, 1500];
const isolation = new Isolation();
/** By what was handled: how often, and the longest on this machine. */
const handlers = new Map<string, { count: number; ms: number; what: string }>();
/** What is longer than this, and than all before, is looked at again: the collector or a compiler may have had the processor. */
const DOUBTFUL_MS = 0.2;
const AGAIN = 6;

function tell(episode: Episode, { kinds }: Longest): void {
  const isDoubtful = [...kinds].some(([kind, all]) => all.some(({ ms }) => ms > Math.max(DOUBTFUL_MS, handlers.get(kind)?.ms ?? 0)));
  const again = isDoubtful ? Array.from({ length: AGAIN }, () => isolation.play(episode).longest.kinds) : [];
  for (const [kind, all] of kinds) {
    const so = handlers.get(kind) ?? { count: 0, ms: -1, what: '' };
    so.count += all.length;
    all.forEach(({ ms, what }, i) => {
      const least = Math.min(ms, ...again.map((each) => each.get(kind)?.[i]?.ms ?? ms));
      if (least > so.ms) Object.assign(so, { ms: least, what });
    });
    handlers.set(kind, so);
  }
}

const figures = new Map(
  INTERFACES.map(({ name }) => [name, { episodes: 0, failures: 0, steps: 0, what: '', ends: new Map<string, number>() }]),
);

console.log(`seed ${chance.seed}, ${seconds} s`);
const endMs = performance.now() + seconds * 1000;
for (let i = 0; performance.now() < endMs; i++) {
  const row = INTERFACES[i % INTERFACES.length]!;
  const of = figures.get(row.name)!;
  const episode = { row, seed: chance.below(2 ** 31), operations: chance.of(LENGTHS) };
  of.episodes++;
  try {
    const { end = 'went on', longest } = isolation.play(episode);
    tell(episode, longest);
    of.ends.set(end, (of.ends.get(end) ?? 0) + 1);
    if (longest.steps > of.steps) Object.assign(of, { steps: longest.steps, what: longest.what });
    if (longest.steps > MAX_STEPS) throw new Error(`one exit took ${longest.steps} steps: ${longest.what}`);
  } catch (error) {
    of.failures++;
    process.exitCode = 1;
    console.log(`${row.name}, seed ${episode.seed}, ${episode.operations} operations: ${(error as Error).stack}`);
  }
}
console.log(`\nlongest in the host, ms on this machine (the least of ${AGAIN + 1} runs of the same guest)`);
for (const [kind, { count, ms, what }] of [...handlers].sort((a, b) => b[1].ms - a[1].ms))
  console.log(`${ms.toFixed(3).padStart(8)}  ${kind.padEnd(34)} ${`${count}`.padStart(9)} times  ${what}`);
for (const [name, { episodes, failures, steps, what, ends }] of figures) {
  const how = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  console.log(`${name}: ${episodes} guests, ${failures} failures (${how}); at most ${steps} steps in one exit (${what})`);
}
