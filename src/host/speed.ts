// How fast the guest runs: instructions per second of the user's own clock, from the counts that the adapter tells twice a second.

interface Sample {
  readonly atMs: number;
  readonly instructions: number;
}

/** Over this long, so that one slow or idle half second does not make the figure jump. */
const windowMs = 2000;

export class Speed {
  private samples: Sample[] = [];

  add(atMs: number, instructions: number): void {
    const last = this.samples.at(-1);
    // The guest began anew.
    if (last && instructions < last.instructions) this.samples = [];
    this.samples.push({ atMs, instructions });
    while (this.samples.length > 2 && atMs - (this.samples[1]?.atMs ?? atMs) >= windowMs) this.samples.shift();
  }

  /** After a stop: the time that passed while nothing ran does not count. */
  pause(): void {
    this.samples = [];
  }

  /** Instructions per second; undefined until there are two counts. */
  get perSecond(): number | undefined {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return undefined;
    return ((last.instructions - first.instructions) * 1000) / (last.atMs - first.atMs);
  }
}

/** "85 MIPS", "0.3 MIPS", "idle". */
export function speedText(perSecond: number): string {
  const mips = perSecond / 1e6;
  if (mips < 0.05) return 'idle';
  return `${mips >= 10 ? Math.round(mips) : mips.toFixed(1)} MIPS`;
}
