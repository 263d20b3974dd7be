// --stats: what a run came to, as JSON.
import type { HostStatistics } from '../../machine/control/types';

export interface RunOutcome {
  /** ExitInfo's reasons, 'until' (the text was printed) and 'interrupted' (the user ended it). */
  reason: string;
  /** Exit status of the process. */
  code: number;
}

export function statsJson(outcome: RunOutcome, statistics: HostStatistics, digest: string, cpuSeconds: number): string {
  const exits = Object.fromEntries(statistics.exits.map(({ reason, count, virtualNs }) => [reason, { count, virtualNs }]));
  const stats = {
    exit: { reason: outcome.reason, code: outcome.code },
    instructions: statistics.instructions,
    virtualNs: statistics.virtualNs,
    cpuSeconds,
    exits,
    vcpus: statistics.vcpus,
    pcpus: statistics.pcpus,
    usage: statistics.usage,
    engine: statistics.engine,
    digest,
  };
  return `${JSON.stringify(stats, null, 2)}\n`;
}
