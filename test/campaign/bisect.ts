// Where two runs first differ. Compared after N instructions, twice as many, and so on; the first interval that differs is halved. A block that a run's end cuts is
// interpreted, so that what is found is the end of a compiled block: then stop points, one at a time and from that end backwards, tell which instruction it is,
// because from a stop point on a block is interpreted.
export interface Compared {
  readonly differs: boolean;
  /** The guest was done before. */
  readonly ended: boolean;
}
export interface BisectedRuns {
  /** Both runs, from power-on each time: nothing of a run before is trusted. `stopAt`: the second run has a stop point there, which it goes on over. */
  compareAfter(instructions: number, stopAt?: bigint): Compared | Promise<Compared>;
  /** Where the first run stands after so many. */
  ripAfter(instructions: number): bigint | Promise<bigint>;
}
export interface BisectOptions {
  readonly step: number;
  readonly most: number;
  readonly onInterval?: (instructions: number, found: Compared) => void;
}
export interface Difference {
  /** The states differ first after so many instructions. */
  readonly after: number;
  /** The instruction that makes the difference, counted from 1; undefined: it goes away wherever the block is interpreted in part. */
  readonly instruction: { readonly number: number; readonly rip: bigint } | undefined;
}

/** No block is longer. */
const MOST_IN_BLOCK = 64;

export async function bisect(runs: BisectedRuns, { step, most, onInterval }: BisectOptions): Promise<Difference | undefined> {
  let same = 0;
  for (let at = step; ; at = Math.min(at * 2, most)) {
    const found = await runs.compareAfter(at);
    onInterval?.(at, found);
    if (found.differs) break;
    if (found.ended || at >= most) return undefined;
    same = at;
  }
  let different = Math.min(Math.max(same * 2, step), most);
  while (different - same > 1) {
    const middle = Math.floor((same + different) / 2);
    if ((await runs.compareAfter(middle)).differs) different = middle;
    else same = middle;
  }
  return { after: different, instruction: await instructionOf(runs, different) };
}

/** With a stop point behind it there is a difference, with one at it there is none. */
async function instructionOf(runs: BisectedRuns, after: number): Promise<Difference['instruction']> {
  let differsBehind = false;
  for (let number = after; number > Math.max(after - MOST_IN_BLOCK, 0); number--) {
    const rip = await runs.ripAfter(number - 1);
    const { differs } = await runs.compareAfter(after, rip);
    if (!differs && differsBehind) return { number, rip };
    differsBehind = differs;
  }
  return undefined;
}
