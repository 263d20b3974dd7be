// One trip through the interpreter: in with a limit of instructions, out with what was used and where it left.
import { ModeBit } from '../../x86/layout';
import type { AccessPath } from '../access';
import type { Block } from '../block-table';
import type { CodeCache } from '../code-cache';
import { Micro } from '../handlers';
import type { InterpreterExports } from '../interpreter';
import { quickAt } from '../jit/region-quick';
import type { Regions } from '../jit/regions';
import type { Sample } from '../jit/sample-log';
import { Exit, R, REGION_EXIT, SampleCell, Slot } from '../record';
import { MmuIndex } from '../tlb-layout';
import type { EngineMemory } from '../vm-memory';
import { BlockLimit } from './block-limit';
import type { BranchLinks } from './branch-links';
import type { InPlace } from './in-place';
import { enterBlock, leaveBlock } from './instruction-pointer';
import type { Looks } from './looks';
import type { QuickCells } from './quick-cells';
import type { RunBudget } from './run-budget';
import type { Vcpu } from './vcpu';

/** A trip ends at most so long before or behind what is wanted: no block is longer. */
const SLACK_NS = 64;
/** Nor is it longer without exits: some instructions take the host a hundred times as long as others, and nobody gets a word in before its end. */
const LONGEST_NS = 1_000_000;

export class BlockRun {
  /** After a trip: the record it left at, that record's own handler, and the virtual ns it took. */
  record = 0;
  op = 0;
  consumedNs = 0;
  /** The interrupt shadow over the first instruction: still there where that did not run. */
  shadow = 0;
  /** A compiled region left, not the interpreter. */
  private byRegion = false;
  /** The last instruction was run in place, and the trip ended behind it: `record` and `op` say nothing. */
  private settled = false;
  private readonly limits: BlockLimit;

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly access: AccessPath,
    private readonly budget: RunBudget,
    private readonly links: BranchLinks,
    private readonly exports: InterpreterExports,
    /** Compiled regions; without them everything is interpreted. */
    private readonly regions: Regions | undefined,
    private readonly inPlace: InPlace,
    private readonly quick: QuickCells,
    private readonly looks: Looks,
  ) {
    this.limits = new BlockLimit(memory);
  }

  /** True: left before a record or in it, and RIP is its instruction. False: after a branch, and RIP is its target. */
  go(vcpu: Vcpu, record: number, most: number): boolean {
    const { regions, inPlace } = this;
    const block = this.cache.blockOf(record);
    const far = most > block.count ? this.looks.reach(most) : most;
    const wanted = Math.min(far, LONGEST_NS, Math.max(this.budget.wantedLeftNs, SLACK_NS));
    if (!regions) return this.trip(vcpu, block, record, wanted, far);
    if (most <= block.count || this.access.isolated) return regions.withoutRegion(block, () => this.trip(vcpu, block, record, most, most));
    if (regions.isEager && record === block.record) regions.entering(block, vcpu.state.u64('rip'), this.fetchTlb(vcpu, block));
    const limit = Math.min(wanted, regions.untilSampleNs);
    const atRecord = this.trip(vcpu, block, record, limit, far, regions.isEager ? 0 : wanted - limit);
    if (atRecord) regions.leftAt(this.record);
    if (regions.hasSampled()) for (const sample of regions.takeSamples()) this.logged(vcpu, regions, sample);
    if (regions.isDue(this.consumedNs)) {
      if (this.settled && quickAt(this.memory, this.cache, inPlace.record) !== undefined) this.sampleQuick(vcpu, regions);
      else if (atRecord || this.settled) regions.noSample();
      else if (this.byRegion) regions.sampledRegion();
      else {
        const at = this.cache.blockOf(this.record);
        regions.sampled(at, this.record, this.fetchTlb(vcpu, at));
      }
    }
    return atRecord;
  }

  /** Where exits are most of the time, trips end in one: the block is still the one at Slot.ripBase. */
  private sampleQuick(vcpu: Vcpu, regions: Regions): void {
    const { record } = this.inPlace;
    const block = this.cache.blockOf(record);
    regions.sampled(block, record, this.fetchTlb(vcpu, block));
  }

  private logged(vcpu: Vcpu, regions: Regions, sample: Sample): void {
    const at = this.cache.blockOf(sample.exit & ~3);
    regions.logged(at, sample, this.fetchTlb(vcpu, at));
  }

  private fetchTlb({ tlb }: Vcpu, { mode }: Block): number {
    return tlb.baseOf(mode & ModeBit.user ? MmuIndex.user : MmuIndex.supervisor);
  }

  private trip(vcpu: Vcpu, block: Block, record: number, ns: number, most: number, behindSampleNs = 0): boolean {
    const { memory, cache } = this;
    const { state } = vcpu;
    const limit = this.looks.begin(ns, most);
    const rest = block.count - memory.u8[record + R.k]!;
    const replaced = rest > limit ? this.limits.set(block, record, limit) : undefined;
    this.shadow = state.u32('shadow');
    state.setU32('shadow', 0);
    state.setU32('resumeFlag', 0);
    memory.i32[Slot.remaining >> 2] = limit - rest;
    enterBlock(memory, cache.ipOffset(record));
    this.budget.enterInterpreter();
    this.quick.enter(vcpu, limit, Math.min(most, this.budget.leftNs));
    memory.i32[SampleCell.moreNs >> 2] = behindSampleNs;
    const generation = cache.generation;
    memory.i32[REGION_EXIT >> 2] = 0;
    // Regions of the eager tier are compiled before their blocks run.
    this.inPlace.begin(limit, generation, !this.regions?.isEager);
    const exit = this.exports.enter(record, this.access.fastTlb(vcpu.tlb));
    if (replaced) this.limits.clear(replaced);
    this.settled = (exit & 3) === Exit.settled;
    if (this.settled) {
      this.consumedNs = this.inPlace.countedNs;
      return false;
    }
    const at = (exit & ~3) >>> 0;
    this.byRegion = memory.i32[REGION_EXIT >> 2] === (exit | Exit.flag);
    const atBlock = cache.blockOf(at);
    this.record = at;
    this.count(atBlock, at, exit & 3);
    switch (exit & 3) {
      case Exit.indirectBranch:
        state.setU64('rip', memory.view.getBigUint64(Slot.nextRip, true));
        return false;
      case Exit.directBranch:
        leaveBlock(memory, memory.i32[(at + R.disp) >> 2]!, memory.i32[(at + R.b) >> 2]!);
        this.links.left(at, generation);
        return false;
      default:
        leaveBlock(memory, cache.ipOffset(at), 8);
        return true;
    }
  }

  /** Blocks are paid for when they are entered: what the last one did not use is given back. */
  private count(block: Block, at: number, code: number): void {
    const { memory, inPlace } = this;
    let unused = memory.i32[Slot.remaining >> 2]! + block.count - memory.u8[at + R.k]!;
    this.op = memory.u16[(at + R.plainOp) >> 1]!;
    const isGoto = this.op === Micro.gotoLinked || this.op === Micro.gotoLookedUp;
    if (code !== Exit.atRecord && !isGoto) unused--;
    inPlace.limitNs += this.quick.settle(unused) + this.looks.settle();
    const consumedNs = inPlace.limitNs - unused;
    this.budget.retire(consumedNs);
    this.consumedNs = inPlace.countedNs + consumedNs;
  }
}
