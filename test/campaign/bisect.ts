// Where a compiled run first differs from an interpreted one. They are compared after N instructions, twice as many, and so on; the first interval that differs is
// halved. A block that the run's end cuts is interpreted, so that this finds the end of a compiled block; the instruction in it is then found in the same way with
// blocks of one instruction each.
export interface Compared {
  readonly differs: boolean;
  /** The guest was done before. */
  readonly ended: boolean;
}
export interface BisectedRuns {
  /** Both runs, from power-on each time: nothing of a run before is trusted. `singleSteps`: the compiled one has blocks of one instruction. */
  compareAfter(instructions: number, singleSteps: boolean): Compared | Promise<Compared>;
  /** Where the interpreted run stands after so many. */
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
  /** The instruction that makes the difference, or the one before it, because a run's last instruction may be interpreted; undefined: there is no difference with
   * blocks of one instruction. */
  readonly instruction: Instruction | undefined;
  readonly before?: Instruction;
}
export interface Instruction {
  /** Counted from 1. */
  readonly number: number;
  readonly rip: bigint;
}

export async function bisect(runs: BisectedRuns, { step, most, onInterval }: BisectOptions): Promise<Difference | undefined> {
  let same = 0;
  let different = step;
  for (; ; different = Math.min(different * 2, most)) {
    const found = await runs.compareAfter(different, false);
    onInterval?.(different, found);
    if (found.differs) break;
    if (found.ended || different >= most) return undefined;
    same = different;
  }
  const after = await halve(runs, same, different, false);
  if (!(await runs.compareAfter(after, true)).differs) return { after, instruction: undefined };
  const number = await halve(runs, 0, after, true);
  const instruction = { number, rip: await runs.ripAfter(number - 1) };
  if (number === 1) return { after, instruction };
  return { after, instruction, before: { number: number - 1, rip: await runs.ripAfter(number - 2) } };
}

async function halve(runs: BisectedRuns, from: number, to: number, singleSteps: boolean): Promise<number> {
  let [same, different] = [from, to];
  while (different - same > 1) {
    const middle = Math.floor((same + different) / 2);
    if ((await runs.compareAfter(middle, singleSteps)).differs) different = middle;
    else same = middle;
  }
  return different;
}
