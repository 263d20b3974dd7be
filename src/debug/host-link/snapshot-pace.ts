// When a recorded run's next snapshot is due: by work and the CPU time of this process, so that a busy machine takes no more of them. It changes no result, only
// how long the ways back are.

/** After so many instructions, and at most so often. */
const INSTRUCTIONS = 150_000_000;
const LEAST_CPU_MS = 250;
/** The more pages a guest changes, the rarer, by work again: copying one takes as long as some ten thousand instructions. But the way back stays short. */
const INSTRUCTIONS_PER_BYTE = 250_000 / 4096;
const MOST_CPU_MS = 2000;
/** So many times as long as the last one took: many vCPUs have much to save. */
const TIMES_ITS_COST = 25;

export class SnapshotPace {
  private last: { atCpuMs: number; instructions: number; tookMs: number } | undefined;

  constructor(private readonly cpuMs: () => number) {}

  /** Between slices. `newestBytes`: kept since the last one. */
  turn(instructions: number, newestBytes: () => number, take: () => void): void {
    const { last, cpuMs } = this;
    // The first is there since recording began. Travelling goes back, too.
    if (last === undefined || instructions < last.instructions) this.last = { atCpuMs: cpuMs(), instructions, tookMs: 0 };
    else if (this.isDue(instructions - last.instructions, last.atCpuMs, last.tookMs, newestBytes)) {
      const fromMs = cpuMs();
      take();
      const atCpuMs = cpuMs();
      this.last = { atCpuMs, instructions, tookMs: atCpuMs - fromMs };
    }
  }

  private isDue(instructions: number, fromCpuMs: number, tookMs: number, newestBytes: () => number): boolean {
    if (instructions < INSTRUCTIONS) return false;
    const ms = this.cpuMs() - fromCpuMs;
    if (ms < Math.max(LEAST_CPU_MS, Math.min(tookMs * TIMES_ITS_COST, MOST_CPU_MS))) return false;
    return ms >= MOST_CPU_MS || instructions >= newestBytes() * INSTRUCTIONS_PER_BYTE;
  }
}
