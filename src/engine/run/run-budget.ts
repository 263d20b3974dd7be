// What one run may use and has used, in virtual ns, and the vCPU's counters of it: instructions retired, and time beyond one ns for each.
import { S, STATE } from '../../x86/layout';
import { BlockCell } from '../decode/layout';
import { PauseCell } from '../record';
import type { EngineMemory } from '../vm-memory';

/** Stops before border instructions; runs them in place; exactly one instruction, whatever it is. */
export type RunKind = 'stop-at-border' | 'through' | 'one';

/** The caller is asked whether it has waited long enough after so many trips or so much virtual time: asking takes longer than a short trip. */
const ASK_TRIPS = 16;
const ASK_NS = 100_000;

export class RunBudget {
  kind: RunKind = 'through';
  leftNs = 0;
  /** What is wanted of it, without what exits take that the processor serves itself. */
  private wantedNs = 0;
  /** What those have taken. */
  exitNs = 0;
  /** It ends after so many times that TypeScript ran something, each of which takes a microsecond of the host's time, give or take. */
  private mostTrips = Number.POSITIVE_INFINITY;
  trips = 0;
  /** The caller has waited long enough. */
  isOver: () => boolean = () => false;
  private over = false;
  private askedTrips = 0;
  private askedNs = 0;
  private totalNs = 0;
  /** What may be used behind the next look (CpuEngine.onLook). */
  private behindNs = 0;
  /** Time beyond instructions that PAUSE and quick exits took since the interpreter was entered. */
  private passedNs = 0;
  /** PAUSE instructions, since the engine was made. */
  pauses = 0;

  constructor(
    private readonly memory: EngineMemory,
    pauseNs: number,
  ) {
    memory.i32[PauseCell.extraNs >> 2] = pauseNs - 1;
  }

  begin(kind: RunKind, ns: number, wantedNs = ns, mostTrips = Number.POSITIVE_INFINITY, lookNs = ns): void {
    this.kind = kind;
    const first = Math.min(ns, lookNs);
    this.totalNs = first;
    this.leftNs = first;
    this.behindNs = ns - first;
    this.wantedNs = wantedNs;
    this.exitNs = 0;
    this.mostTrips = mostTrips;
    this.trips = 0;
    this.over = false;
    this.askedTrips = 0;
    this.askedNs = 0;
    this.leaveRequested = false;
  }
  /** The run is to end behind the instruction that is running. */
  get leaveRequested(): boolean {
    return this.memory.i32[BlockCell.leaves >> 2] !== 0;
  }
  set leaveRequested(on: boolean) {
    this.memory.i32[BlockCell.leaves >> 2] = on ? 1 : 0;
  }
  get consumedNs(): number {
    return this.totalNs - this.leftNs;
  }
  /** Virtual ns until the run has come as far as is wanted, if no exit puts that off. */
  get wantedLeftNs(): number {
    return this.wantedNs + this.exitNs - this.consumedNs;
  }
  get isUsed(): boolean {
    return this.leftNs <= 0 || this.wantedLeftNs <= 0 || this.trips >= this.mostTrips || this.isOverdue();
  }
  /** Never at once: each run comes further. */
  private isOverdue(): boolean {
    if (this.over) return true;
    if (this.trips - this.askedTrips < ASK_TRIPS && this.consumedNs - this.askedNs < ASK_NS) return false;
    this.askedTrips = this.trips;
    this.askedNs = this.consumedNs;
    this.over = this.isOver();
    return this.over;
  }

  /** A look is due. */
  get isAtLook(): boolean {
    return this.leftNs <= 0 && this.behindNs > 0;
  }
  /** It was taken; the next one comes `untilNs` later. */
  looked(untilNs: number): void {
    const wholeNs = this.leftNs + this.behindNs;
    const nextNs = Math.min(wholeNs, untilNs);
    this.totalNs += nextNs - this.leftNs;
    this.leftNs = nextNs;
    this.behindNs = wholeNs - nextNs;
  }

  /** What may be used behind the next look. */
  get behindLookNs(): number {
    return this.behindNs;
  }
  /** Looks were taken on the way: the next one is so much farther. */
  wentPast(ns: number): void {
    this.looked(this.leftNs + ns);
  }

  /** Time without an instruction. */
  charge(ns: number): void {
    this.leftNs -= ns;
    this.add(S.extraNs, ns);
  }
  private paused(): void {
    const { u32 } = this.memory;
    const count = u32[PauseCell.count >> 2]!;
    if (count === 0) return;
    u32[PauseCell.count >> 2] = 0;
    this.pauses += count;
    this.passed(count * u32[PauseCell.extraNs >> 2]!);
  }
  private passed(ns: number): void {
    this.passedNs += ns;
  }
  /** Of what the interpreter consumes, so much is exits and deliveries that it has served itself. */
  exited(ns: number): void {
    this.passed(ns);
    this.exitNs += ns;
  }
  /** The interpreter is about to be entered. */
  enterInterpreter(): void {
    this.passedNs = 0;
  }
  /** The interpreter came back, or a helper has run. */
  retire(consumedNs: number): void {
    this.leftNs -= consumedNs;
    this.paused();
    const instructions = consumedNs - this.passedNs;
    if (this.passedNs) this.add(S.extraNs, this.passedNs);
    if (instructions) this.add(S.retired, instructions);
    this.passedNs = 0;
  }

  private add(field: number, amount: number): void {
    const { u32 } = this.memory;
    const at = (STATE + field) >> 2;
    const sum = u32[at]! + amount;
    u32[at] = sum;
    if (sum > 0xffff_ffff) u32[at + 1] = u32[at + 1]! + 1;
  }
}
