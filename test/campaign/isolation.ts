// npm run campaign:isolation [SECONDS] [SEED]: fuzzing guests one after the other, each beside a VM whose run must stay the same. An hour unless told otherwise.
// A failure prints its interface, seed and number of operations, and the campaign goes on; its status is 1 then.
import { Isolation } from '../isolation/episode';
import { INTERFACES } from '../isolation/interfaces.rows';
import { MAX_STEPS } from '../isolation/work';
import { Chance } from '../proof/random';

const seconds = Number(process.argv[2] ?? 3600);
const chance = new Chance(process.argv[3] === undefined ? undefined : Number(process.argv[3]));
const LENGTHS = [20, 100, 400, 1500];
const isolation = new Isolation();
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
    of.ends.set(end, (of.ends.get(end) ?? 0) + 1);
    if (longest.steps > of.steps) Object.assign(of, { steps: longest.steps, what: longest.what });
    if (longest.steps > MAX_STEPS) throw new Error(`one exit took ${longest.steps} steps: ${longest.what}`);
  } catch (error) {
    of.failures++;
    process.exitCode = 1;
    console.log(`${row.name}, seed ${episode.seed}, ${episode.operations} operations: ${(error as Error).stack}`);
  }
}
for (const [name, { episodes, failures, steps, what, ends }] of figures) {
  const how = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  console.log(`${name}: ${episodes} guests, ${failures} failures (${how}); at most ${steps} steps in one exit (${what})`);
}
