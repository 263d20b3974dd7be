// Looks at a run that come at equal distances, taken by the interpreter itself (emit/look-emitter.ts): the trip's limit is where the next one is, and what the trip may take
// behind it is put into memory. TypeScript is told of them later: before it looks itself, and before the run returns.
import { S, STATE } from '../../x86/layout';
import type { PeriodicLooks } from '../cpu-engine';
import { LookCell, SAMPLE, SAMPLE_BYTES, SAMPLED_EXIT_BYTES, SampleHead } from '../record';
import { SAMPLED_REGISTER_BYTES, SAMPLED_STACK_BYTES, UNSAMPLED } from '../sample-emitter';
import type { EngineMemory } from '../vm-memory';
import type { RunBudget } from './run-budget';
import type { Vcpu } from './vcpu';

const WORD = 8;
const LONGEST_NS = 1 << 30;
const PMU_ACTIVE = (STATE + S.pmuActive) >> 2;
const word = (cell: number): number => cell >> 2;
const [OPEN, BEHIND, ADDED, COUNT] = [word(LookCell.open), word(LookCell.behindNs), word(LookCell.addedNs), word(LookCell.count)];
const [FAR, AT, LAST_AT] = [word(LookCell.farNs), word(LookCell.at), word(LookCell.lastAt)];

export class Looks {
  private periodic: PeriodicLooks | undefined;
  private everyNs = 0;
  private stride = 0;
  /** Of those that wait, so many are in the budget. */
  private settled = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly budget: RunBudget,
  ) {}

  set(periodic: PeriodicLooks | undefined): void {
    const { i32 } = this.memory;
    this.periodic =
      periodic !== undefined && periodic.stackBytes <= SAMPLED_STACK_BYTES - SampleHead.bytes - SAMPLED_EXIT_BYTES ? periodic : undefined;
    if (this.periodic === undefined) return;
    const { everyNs, stackBytes } = this.periodic;
    this.everyNs = everyNs;
    this.stride = SampleHead.bytes + SAMPLED_REGISTER_BYTES + Math.ceil(stackBytes / WORD) * WORD;
    i32[word(LookCell.everyNs)] = Math.min(everyNs, LONGEST_NS);
    i32[AT] = SAMPLE;
    i32[LAST_AT] = SAMPLE + SAMPLE_BYTES - this.stride - SAMPLED_EXIT_BYTES;
    i32[word(LookCell.stride)] = this.stride;
    i32[word(LookCell.stackBytes)] = stackBytes;
  }

  /** How far a trip may go that has `mostNs` up to where TypeScript would look. */
  reach(mostNs: number): number {
    const { budget, memory, periodic } = this;
    if (periodic === undefined || mostNs !== budget.leftNs || memory.i32[PMU_ACTIVE] !== 0) return mostNs;
    return mostNs + budget.behindLookNs;
  }
  /** A trip of so many virtual ns begins, which can be put off to `mostNs`: its limit, up to the first look. */
  begin(ns: number, mostNs: number): number {
    const { i32 } = this.memory;
    const { leftNs } = this.budget;
    const goesOn = ns > leftNs && i32[AT]! <= i32[LAST_AT]!;
    i32[OPEN] = goesOn ? 1 : 0;
    i32[BEHIND] = goesOn ? ns - leftNs : 0;
    i32[FAR] = this.farNs(ns, mostNs, goesOn);
    return Math.min(ns, leftNs);
  }
  private farNs(ns: number, mostNs: number, goesOn: boolean): number {
    const { leftNs } = this.budget;
    if (this.everyNs > LONGEST_NS || leftNs > LONGEST_NS) return 0;
    return Math.min(Math.max(mostNs - (goesOn ? ns : leftNs), 0), LONGEST_NS);
  }
  /** The trip stands: by how much looks have put its limit off since it last did. */
  settle(): number {
    const { i32 } = this.memory;
    const taken = i32[COUNT]! - this.settled;
    if (taken === 0) return 0;
    this.settled += taken;
    this.budget.wentPast(taken * this.everyNs);
    const addedNs = i32[ADDED]!;
    i32[ADDED] = 0;
    return addedNs;
  }
  /** Tells of those that wait. */
  tell({ index }: Vcpu): void {
    const { i32 } = this.memory;
    const count = i32[COUNT]!;
    if (count === 0) return;
    i32[COUNT] = 0;
    i32[AT] = SAMPLE;
    this.settled = 0;
    for (let i = 0, at = SAMPLE; i < count; i++) {
      const length = i32[(at + SampleHead.length) >> 2]!;
      const exitBytes = i32[(at + SampleHead.exitBytes) >> 2]!;
      const exit = exitBytes === 0 ? undefined : at + SampleHead.bytes;
      const whole = at + SampleHead.bytes + exitBytes;
      this.periodic?.taken(index, whole, length, i32[(at + SampleHead.cpl) >> 2]!, i32[(at + SampleHead.mode) >> 2]!, exit);
      at += exitBytes + (length < UNSAMPLED ? SampleHead.bytes : this.stride);
    }
  }
}
