// npm run campaign:churn [SECONDS]: self-modifying code under the region compiler, both tiers in turn, for ten minutes unless told otherwise: a line of figures
// every half minute. Ends with 1 where live regions or resident memory grow, or a sum is wrong.
import { churn, churningMachine } from '../engine/jit/churning';

const SECONDS = Number(process.argv[2] ?? 600);
const ROUNDS = 400;
const LINE_MS = 30_000;
const MOST_LIVE = 16;
/** After the first line: the collector may be late, modules must not add up. */
const MOST_GROWTH_MIB = 150;

const TIERS = ['jit', 'auto'] as const;

function main(): number {
  const machines = TIERS.map((tier) => churningMachine(tier));
  const startMs = Date.now();
  let lineMs = startMs;
  let first: number | undefined;
  let changes = 0;
  while (Date.now() - startMs < SECONDS * 1000) {
    for (const [i, machine] of machines.entries()) if (!churn(machine, ROUNDS)) throw new Error(`${TIERS[i]}: a sum is wrong`);
    changes += ROUNDS;
    if (Date.now() - lineMs < LINE_MS) continue;
    lineMs += LINE_MS;
    const mib = Math.round(process.memoryUsage().rss / 2 ** 20);
    first ??= mib;
    const live = machines.map((machine) => machine.engine.statistics().regionsLive);
    const made = machines.map((machine) => machine.engine.statistics().regionsCompiled);
    console.log(`${Math.round((lineMs - startMs) / 1000)} s: ${changes} changes, regions made ${made}, live ${live}, resident ${mib} MiB`);
    if (mib - first > MOST_GROWTH_MIB || live.some((count) => count > MOST_LIVE)) return 1;
  }
  return 0;
}

process.exitCode = main();
