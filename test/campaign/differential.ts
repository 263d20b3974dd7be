// A campaign against the native oracle: npm run campaign -- [COUNT] [SEED] [NAME] [--tier=jit]
// NAME is a regular expression for whole row names. Prints every kind of difference with one example, and the coverage (`--coverage`: all of it). Ends with 1 on any
// difference. `--write [FILE]` makes the committed fixed results anew (test/differential/fixed).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tier } from '../../src/engine/cpu-engine';
import { formatVector } from '../../src/engine/vectors/vector';
import { describeDifference } from '../differential/compare';
import { FIXED_FILES, fixedVectors } from '../differential/fixed';
import { FreshVectors } from '../differential/fresh';
import { cpuName, NativeOracle } from '../differential/native';
import { Random } from '../differential/random';
import { oracleGuest } from '../support/oracle-guest';

const BATCH = 4_000;
/** Batches between two lines of progress. */
const PROGRESS = 125;
const DEFAULT_COUNT = 100_000;

async function writeFixed(oracle: NativeOracle, only: string | undefined): Promise<void> {
  for (const file of FIXED_FILES.filter(({ name }) => only === undefined || name === only)) {
    const vectors = fixedVectors(file);
    const results = await oracle.run(vectors);
    const lines = [`# cpu: ${cpuName()}`, `# ${file.what}, seed ${file.seed}`];
    for (const [i, vector] of vectors.entries()) lines.push(formatVector(vector), `= ${results[i]?.replace(/^id=\S* /, '')}`);
    writeFileSync(join(__dirname, '../differential/fixed', file.name), `${lines.join('\n')}\n`);
    console.log(`${file.name}: ${vectors.length} vectors`);
  }
}

/** What runs the instructions: interpreter where nothing is said. */
function tierWanted(): Tier {
  const tier = process.argv.find((word) => word.startsWith('--tier='))?.slice('--tier='.length) ?? 'interpreter';
  if (tier !== 'interpreter' && tier !== 'auto' && tier !== 'jit') throw new Error(`--tier=${tier}: interpreter, auto or jit`);
  return tier;
}

async function campaign(oracle: NativeOracle, count: number, seed: number, name: string | undefined): Promise<number> {
  const fresh = new FreshVectors(
    oracleGuest(tierWanted()),
    oracle,
    new Random(seed),
    name === undefined ? undefined : new RegExp(`^(?:${name})$`),
  );
  const { report } = fresh.suite;
  const seen = new Map<string, number>();
  const start = Date.now();
  for (let batch = 1; report.vectors < count; batch++) {
    await fresh.batch(Math.min(BATCH, count - report.vectors));
    for (const difference of report.differences.splice(0)) {
      const kind = `${difference.row?.name} ${difference.row?.encoding}`;
      const times = seen.get(kind) ?? 0;
      seen.set(kind, times + 1);
      if (times === 0) console.log(describeDifference(difference));
    }
    const seconds = (Date.now() - start) / 1000;
    if (batch % PROGRESS === 0)
      console.log(`${report.vectors} vectors, ${Math.round(report.vectors / seconds)} per second, ${seen.size} kinds of difference`);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`${report.vectors} vectors in ${seconds} s, seed ${seed}, ${fresh.subjects.length} rows and modes, ${cpuName()}`);
  for (const line of fresh.coverage.lines(process.argv.includes('--coverage'))) console.log(line);
  for (const [kind, times] of report.explained) console.log(`  explained ${times} times: ${kind}`);
  for (const [kind, times] of report.unimplemented) console.log(`  unimplemented ${times} times: ${kind}`);
  for (const [kind, times] of seen) console.log(`  differs ${times} times: ${kind}`);
  console.log(seen.size === 0 ? 'no unexplained difference' : `${seen.size} kinds of unexplained difference`);
  return seen.size === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const oracle = NativeOracle.open();
  if (typeof oracle === 'string') {
    console.log(`no campaign: ${oracle}`);
    return 1;
  }
  try {
    const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
    if (!process.argv.includes('--write'))
      return await campaign(oracle, Number(words[0] ?? DEFAULT_COUNT), Number(words[1] ?? 1), words[2]);
    await writeFixed(oracle, words[0]);
    return 0;
  } finally {
    oracle.close();
  }
}

main().then((code) => {
  process.exitCode = code;
});
