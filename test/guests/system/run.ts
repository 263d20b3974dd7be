// npm run guest-tests -- [--engine hyperscope|qemu|bochs|all] [--only NAME] [--tier interpreter|auto|jit] [--details]: the guest tests on one engine or several, as a table.
import { didYouMean } from '../../../src/base/did-you-mean';
import { ENGINE_NAMES, type EngineName, missing, runTopic } from './engines';
import { KNOWN, type Known } from './known';
import { isGood, parseResult, summary, type TopicResult } from './results';
import { TOPICS } from './topics';

class UsageError extends Error {}

function choose<T extends string>(what: string, given: string, all: readonly T[]): T {
  const found = all.find((name) => name === given);
  if (found !== undefined) return found;
  const near = didYouMean(given, all);
  throw new UsageError(
    `there is no ${what} "${given}"${near === undefined ? `; there are ${all.join(', ')}` : `; did you mean "${near}"?`}`,
  );
}

function optionValue(args: readonly string[], option: string): string | undefined {
  const at = args.indexOf(option);
  if (at < 0) return undefined;
  const value = args[at + 1];
  if (value === undefined) throw new UsageError(`"${option}" needs a value`);
  return value;
}

/** Failed checks of one topic, each with what every engine said. */
function failures(topic: string, results: ReadonlyMap<EngineName, TopicResult>, details: boolean): string[] {
  const names = new Set([...results.values()].flatMap((result) => result.failures.map(({ check }) => check)));
  const lines: string[] = [];
  for (const name of names) {
    const said = [...results].map(([engine, result]) => {
      const failure = result.failures.find(({ check }) => check === name);
      if (failure !== undefined)
        return { engine, text: `${failure.detail}${failure.known ? ` [${failure.known.reason}]` : ''}`, open: !failure.known };
      return { engine, text: result.passed.includes(name) ? 'as expected' : 'not reached', open: false };
    });
    if (!details && !said.some(({ open }) => open)) continue;
    lines.push(`${topic}: ${name}`, ...said.map(({ engine, text }) => `    ${engine}: ${text}`));
  }
  for (const [engine, result] of results)
    if (!result.complete && (details || !result.endsEarly))
      lines.push(`${topic}: ${engine} did not come to the end: ${result.endsEarly?.reason ?? result.note}`);
  return lines;
}

/** Rows of known.ts that nothing of this run needed. */
function unused(engines: readonly EngineName[], topics: readonly string[], used: ReadonlySet<Known>): string[] {
  const rows = KNOWN.filter((row) => engines.includes(row.engine) && topics.includes(row.topic) && !used.has(row));
  return rows.map(({ engine, topic, checks }) => `known.ts: ${engine} does not fail any more in ${topic}: ${checks.join(', ')}`);
}

async function main(args: readonly string[]): Promise<number> {
  const engine = optionValue(args, '--engine') ?? 'hyperscope';
  const wanted = engine === 'all' ? ENGINE_NAMES : engine.split(',').map((name) => choose('engine', name, ENGINE_NAMES));
  const only = optionValue(args, '--only');
  const names = TOPICS.map(({ name }) => name);
  const chosen = only === undefined ? TOPICS : TOPICS.filter(({ name }) => name === choose('topic', only, names));
  const tier = optionValue(args, '--tier');
  const topics = tier === undefined ? chosen : chosen.map((topic) => ({ ...topic, options: [...topic.options, '--tier', tier] }));
  const engines: EngineName[] = [];
  for (const name of wanted) {
    const lacks = missing(name);
    if (lacks === undefined) engines.push(name);
    else console.log(`${name} is left out: it needs ${lacks}`);
  }
  if (engines.length === 0) return 1;
  console.log(['topic'.padEnd(24), ...engines.map((name) => name.padEnd(34))].join(''));
  const notes: string[] = [];
  const used = new Set<Known>();
  let good = true;
  for (const topic of topics) {
    const results = new Map<EngineName, TopicResult>();
    for (const name of engines) {
      const { text, note } = await runTopic(name, topic);
      results.set(name, parseResult(name, topic.name, text, note));
    }
    console.log([topic.name.padEnd(24), ...Array.from(results.values(), (result) => summary(result).padEnd(34))].join(''));
    notes.push(...failures(topic.name, results, args.includes('--details')));
    for (const { failures: failed, endsEarly } of results.values())
      for (const known of [endsEarly, ...failed.map((failure) => failure.known)]) if (known) used.add(known);
    good &&= [...results.values()].every(isGood);
  }
  const ran = topics.map(({ name }) => name);
  notes.push(...unused(engines, ran, used));
  if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
  return good ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof UsageError ? `guest-tests: ${error.message}` : error);
    process.exitCode = 2;
  },
);
