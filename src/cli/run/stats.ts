// --stats: what a run came to, as JSON. All of it is the run's, the same each time and in every tier, but `process`: what this process took for it. When code is
// compiled follows the computer's clock, so that who ran how much differs.
import type { HostStatistics } from '../../machine/control/types';

export interface RunOutcome {
  /** ExitInfo's reasons, 'until' (the text was printed) and 'interrupted' (the user ended it). */
  reason: string;
  /** Exit status of the process. */
  code: number;
}

const TOP_EXITS = 5;

/** Who ran how much: what was compiled, and all else. */
function tiersOf(counters: HostStatistics['engine'][number]['counters']): Record<string, Record<string, number>> {
  const { instructions = 0, compiledInstructions = 0, dispatches = 0, blocksDecoded = 0, codeInvalidations = 0 } = counters;
  const { regionsCompiled = 0, regionsLive = 0, regionsDropped = 0, regionBytes = 0, regionCompileMs = 0 } = counters;
  return {
    interpreter: { instructions: instructions - compiledInstructions, dispatches, blocksDecoded, codeInvalidations },
    compiled: { instructions: compiledInstructions, regionsCompiled, regionsLive, regionsDropped, regionBytes, regionCompileMs },
  };
}

export function statsJson(outcome: RunOutcome, statistics: HostStatistics, digest: string, cpuSeconds: number): string {
  const exits = Object.fromEntries(statistics.exits.map(({ reason, count, virtualNs }) => [reason, { count, virtualNs }]));
  const topExits = statistics.exits.toSorted((a, b) => b.count - a.count).slice(0, TOP_EXITS);
  const stats = {
    exit: { reason: outcome.reason, code: outcome.code },
    instructions: statistics.instructions,
    virtualNs: statistics.virtualNs,
    exits,
    vcpus: statistics.vcpus,
    pcpus: statistics.pcpus,
    usage: statistics.usage,
    ticks: statistics.ticks.map(({ vm, vcpu, source, ticks, lost, behindNs }) => ({ vm, vcpu, source, ticks, lost, behindNs })),
    topExits: topExits.map(({ reason }) => reason),
    digest,
    process: { cpuSeconds, engine: statistics.engine.map(({ vm, counters }) => ({ vm, tiers: tiersOf(counters), counters })) },
  };
  return `${JSON.stringify(stats, null, 2)}\n`;
}
