// A campaign against the native oracle: npx tsx test/campaign/differential.ts [COUNT] [SEED] [NAME]
// NAME is a regular expression for whole row names. Prints every kind of difference with one example, and the coverage (`--coverage`: all of it). `--write` makes the committed fixed results anew (test/differential/fixed).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatResult, formatVector } from '../../src/engine/vectors/vector';
import { describeDifference } from '../differential/compare';
import { Coverage } from '../differential/coverage';
import { FIXED_FILES, fixedVectors } from '../differential/fixed';
import { makeVectors, subjects } from '../differential/generate';
import { cpuName, NativeOracle } from '../differential/native';
import { Random } from '../differential/random';
import { Sequences } from '../differential/sequences';
import { compareAll } from '../differential/suite';
import { oracleGuest } from '../support/oracle-guest';

const BATCH = 20_000;
/** One vector of so many is a short sequence. */
const SEQUENCE_SHARE = 8;

function writeFixed(oracle: NativeOracle): void {
  for (const file of FIXED_FILES) {
    const vectors = fixedVectors(file);
    const results = oracle.run(vectors);
    const lines = [`# cpu: ${cpuName()}`, `# ${file.what}, seed ${file.seed}`];
    for (const [i, vector] of vectors.entries()) {
      const result = results[i];
      if (!result) continue;
      result.delete('id');
      lines.push(formatVector(vector), `= ${formatResult(result)}`);
    }
    writeFileSync(join(__dirname, '../differential/fixed', file.name), `${lines.join('\n')}\n`);
    console.log(`${file.name}: ${vectors.length} vectors`);
  }
}

function campaign(oracle: NativeOracle, count: number, seed: number, name: string | undefined): number {
  const guest = oracleGuest();
  const random = new Random(seed);
  const wanted = new RegExp(`^(?:${name ?? '.*'})$`);
  const all = subjects().filter(({ row }) => wanted.test(row.name));
  const sequences = name === undefined ? new Sequences(random) : undefined;
  const coverage = new Coverage();
  const seen = new Map<string, number>();
  const unimplemented = new Map<string, number>();
  const explained = new Map<string, number>();
  const add = (into: Map<string, number>, from: ReadonlyMap<string, number>): void => {
    for (const [key, value] of from) into.set(key, (into.get(key) ?? 0) + value);
  };
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done);
    const longer = sequences ? Math.floor(size / SEQUENCE_SHARE) : 0;
    const vectors = makeVectors(size - longer, random, all).map((item) => item.vector);
    if (sequences) vectors.push(...sequences.make(longer));
    const native = oracle.run(vectors);
    const report = compareAll(guest, vectors, native);
    coverage.add(vectors, native);
    add(unimplemented, report.unimplemented);
    add(explained, report.explained);
    for (const difference of report.differences) {
      const kind = `${difference.row?.name} ${difference.row?.encoding}`;
      const times = seen.get(kind) ?? 0;
      seen.set(kind, times + 1);
      if (times < 1) console.log(describeDifference(difference));
    }
  }
  console.log(`${count} vectors, seed ${seed}, ${all.length} rows and modes`);
  for (const line of coverage.lines(process.argv.includes('--coverage'))) console.log(line);
  for (const [kind, times] of seen) console.log(`  differs ${times} times: ${kind}`);
  for (const [kind, times] of explained) console.log(`  explained ${times} times: ${kind}`);
  for (const [kind, times] of unimplemented) console.log(`  unimplemented ${times} times: ${kind}`);
  return seen.size === 0 ? 0 : 1;
}

const oracle = NativeOracle.open();
if (typeof oracle === 'string') {
  console.log(`no campaign: ${oracle}`);
} else {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  if (process.argv.includes('--write')) writeFixed(oracle);
  else process.exitCode = campaign(oracle, Number(words[0] ?? 100_000), Number(words[1] ?? 1), words[2]);
  oracle.close();
}
