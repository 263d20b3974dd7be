// Records that TypeScript runs (helpers, faults known from decoding) without leaving the interpreter: it calls here, and goes on at the block that comes next
// where that is known and nothing waits. Whatever is not usual leaves the interpreter, to be done by the executor and the run loop: the run is the same.
import { CpuFault, Vector } from '../../x86/fault';
import { Activity, ModeBit, S, STATE } from '../../x86/layout';
import { fromFault } from '../../x86/system/delivery';
import type { AccessPath } from '../access';
import type { CodeCache, HelperWay } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import { BlockCell, CLOSED } from '../decode/layout';
import { IN_PLACE_LEAVES } from '../emit/loop-emitter';
import { Micro } from '../handlers';
import { Exit, FAST_TLB, H, R, RECORD_SIZE, Slot } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { CodeFetch } from './code-fetch';
import type { Deliveries } from './deliveries';
import type { HelperRunner } from './helper-runner';
import { enterBlock, leaveBlock } from './instruction-pointer';
import type { Looks } from './looks';
import type { QuickCells } from './quick-cells';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpus } from './vcpus';

const SETTLED = IN_PLACE_LEAVES | Exit.settled;
const word = (offset: number): number => (STATE + offset) >> 2;
const RFLAGS = word(S.rflags);
const RFLAGS_IF = 1 << 9;
const RFLAGS_RF = 1 << 16;

export interface InPlaceParts {
  memory: EngineMemory;
  cache: CodeCache;
  access: AccessPath;
  vcpus: Vcpus;
  fetch: CodeFetch;
  budget: RunBudget;
  deliveries: Deliveries;
  helpers: HelperRunner;
  quick: QuickCells;
  looks: Looks;
  stops: StopPoints;
  materialiseFlags(): void;
  /** No guest's breakpoints are in code, and nobody observes instructions. */
  isCodePlain(): boolean;
}

export class InPlace {
  /** What the run ends with, after `Exit.settled`. */
  private result: EngineReturn | undefined;
  /** What an instruction threw, which nothing may do through the interpreter. */
  private thrown: { error: unknown } | undefined;
  /** What was run last. */
  record = 0;
  /** Virtual ns that the trip may still take, and those of it that are counted already. */
  limitNs = 0;
  countedNs = 0;
  private generation = 0;
  /** Before the instruction: S.pmuActive and CPL. */
  private counted = 0;
  private cpl = 0;
  /** Instructions must be exact one by one, or blocks looked at before they run. */
  enabled = false;

  constructor(private readonly parts: InPlaceParts) {}

  /** A trip through the interpreter begins. */
  begin(limitNs: number, generation: number, enabled: boolean): void {
    this.limitNs = limitNs;
    this.countedNs = 0;
    this.enabled = enabled;
    this.holdsFor(generation);
  }
  private holdsFor(generation: number): void {
    const { memory, budget, access, isCodePlain } = this.parts;
    this.generation = generation;
    const open = this.enabled && budget.kind !== 'one' && !access.isolated && isCodePlain();
    memory.i32[BlockCell.trip >> 2] = open ? generation : CLOSED;
  }
  /** The trip can go on in TypeScript at all: blocks run without being looked at, and none has died since it began. */
  get goesOn(): boolean {
    const { access, budget, cache } = this.parts;
    return this.enabled && budget.kind !== 'one' && !budget.leaveRequested && !access.isolated && cache.generation === this.generation;
  }
  /** Blocks have died since this generation that no block of the trip leads to: it goes on. */
  diedApart(before: number): void {
    if (this.generation === before) this.holdsFor(this.parts.cache.generation);
  }
  takeResult(): EngineReturn | undefined {
    const { result, thrown } = this;
    this.result = undefined;
    this.thrown = undefined;
    if (thrown !== undefined) throw thrown.error;
    return result;
  }

  /** Imported by the interpreter, see `InterpreterImports`. */
  readonly run = (record: number): number => {
    const { memory, budget, access, stops } = this.parts;
    const { i32 } = memory;
    if (!this.enabled || budget.kind === 'one' || access.isolated) return 0;
    if (i32[word(S.mode)]! & ModeBit.trap || i32[word(S.pendingDebug)] !== 0) return 0;
    this.counted = i32[word(S.pmuActive)]!;
    if (this.counted !== 0 && this.wayOf(record)?.readsCounters) return 0;
    if (stops.awaitsReturn && this.wayOf(record)?.returns) return 0;
    this.cpl = i32[word(S.cpl)]!;
    if (i32[word(S.ccOp)] !== 0) this.parts.materialiseFlags();
    this.settle(record);
    const before = budget.leftNs;
    try {
      this.result = this.execute(record);
    } catch (error) {
      this.thrown = { error };
      return SETTLED;
    }
    budget.trips++;
    const spentNs = before - budget.leftNs;
    this.limitNs -= spentNs;
    this.countedNs += spentNs;
    return this.result === undefined ? this.next() : SETTLED;
  };

  private wayOf(record: number): HelperWay | undefined {
    const { memory, cache, helpers } = this.parts;
    if (memory.u16[(record + R.plainOp) >> 1] !== Micro.helper) return undefined;
    return helpers.wayOf(cache.descriptions[memory.i32[(record + R.link) >> 2]!]!);
  }

  /** Counts what ran before the record, and puts RIP there. */
  private settle(record: number): void {
    const { memory, cache, budget, quick, looks } = this.parts;
    const block = cache.blockOf(record);
    const unusedNs = memory.i32[Slot.remaining >> 2]! + block.count - memory.u8[record + R.k]!;
    this.limitNs += quick.settle(unusedNs) + looks.settle();
    const ranNs = this.limitNs - unusedNs;
    budget.retire(ranNs);
    this.limitNs -= ranNs;
    this.countedNs += ranNs;
    leaveBlock(memory, cache.ipOffset(record), 8);
  }

  private execute(record: number): EngineReturn | undefined {
    const { memory, cache, deliveries, helpers, stops, vcpus } = this.parts;
    const vcpu = vcpus.running;
    this.record = record;
    const argument = memory.i32[(record + R.link) >> 2]!;
    if (memory.u16[(record + R.plainOp) >> 1] === Micro.helper) return helpers.run(vcpu, cache.descriptions[argument]!);
    stops.faulted(vcpu.state);
    vcpu.state.setU32('shadow', 0);
    return deliveries.deliver(vcpu, fromFault(new CpuFault(argument, argument === Vector.GP ? 0 : undefined)));
  }

  /** The record of the block at RIP, paid for; or leaves. */
  private next(): number {
    const { memory, cache, access, fetch, budget, vcpus } = this.parts;
    const { i32, u32 } = memory;
    const mode = i32[word(S.mode)]!;
    if (budget.leaveRequested || budget.isUsed || cache.generation !== this.generation || !(mode & ModeBit.flat) || mode & ModeBit.trap)
      return SETTLED;
    if (i32[word(S.activity)] !== Activity.running || i32[word(S.pendingDebug)] !== 0) return SETTLED;
    // Performance counters may count by privilege level.
    if (i32[word(S.pmuActive)] !== this.counted) return SETTLED;
    if (this.counted !== 0 && i32[word(S.cpl)] !== this.cpl && vcpus.running.pmu.splitsLevels) return SETTLED;
    const rflags = i32[RFLAGS]!;
    if (i32[word(S.nmiPending)] !== 0 || (i32[word(S.intrPending)] !== 0 && rflags & RFLAGS_IF)) return SETTLED;
    // The shadow belongs to an instruction that may not run now; RF comes back where it does not, which is at borders alone.
    if (i32[word(S.shadow)] !== 0) return SETTLED;
    if (rflags & RFLAGS_RF && (budget.kind !== 'through' || !vcpus.running.breakpoints.isEmpty)) return SETTLED;
    // Nothing is fetched in this trip any more.
    if (this.limitNs <= 0) return SETTLED;
    const physical = fetch.quickPlace(mode);
    if (physical < 0) return SETTLED;
    const record = cache.findQuick(physical, mode);
    if (record === 0) return SETTLED;
    const leftNs = this.limitNs - i32[(record - RECORD_SIZE + H.count) >> 2]!;
    if (leftNs < 0) return SETTLED;
    i32[RFLAGS] = rflags & ~RFLAGS_RF;
    i32[word(S.resumeFlag)] = 0;
    i32[Slot.remaining >> 2] = leftNs;
    enterBlock(memory, 0);
    u32[FAST_TLB >> 2] = access.fastTlb(vcpus.running.tlb);
    return record;
  }
}
