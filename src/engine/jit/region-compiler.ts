// Compiles a region: its blocks as structured control flow in one function of one module.
import { assert } from '../../base/assert';
import { RAM_BASE } from '../../x86/layout';
import type { Block } from '../block-table';
import type { CodeCache } from '../code-cache';
import { type HandlerCatalogue, Micro } from '../handlers';
import { Exit, R, RECORD_SIZE, Slot, UNUSUAL_BLOCK, UNUSUAL_TIMES } from '../record';
import type { EngineMemory } from '../vm-memory';
import { flagsDie } from './dead-flags';
import { PageGroups } from './page-groups';
import { RegionBranches, type RegionInside } from './region-branches';
import { RegionContext } from './region-context';
import type { Leave } from './region-doubles';
import { RegionFlags } from './region-flags';
import { RegionFunction } from './region-function';
import { RegionImports } from './region-imports';
import { RegionLoops } from './region-loops';
import { RegionNarrow } from './region-narrow';
import type { Cut, RegionPlan } from './region-plan';
import { ENTERED, type RegionCounters } from './region-profile';
import { emitQuick, quickAt } from './region-quick';
import { RegionSite } from './region-site';
import { scalarSlots } from './scalar-slots';
import { type SelfLoop, SelfLoops } from './self-loops';
import { StructuredEmitter } from './structured';
import { isAddress, isSupported } from './supported';

export interface CompilerParts {
  memory: EngineMemory;
  cache: CodeCache;
  catalogue: HandlerCatalogue;
  shared: boolean;
  /** Regions count their instructions. */
  counted?: boolean;
  /** Numbers or pages of a block are often not as usual. */
  isCareful(block: Block): boolean;
}

export function compileRegion(parts: CompilerParts, plan: RegionPlan, counters?: RegionCounters): Uint8Array<ArrayBuffer> {
  const imports = new RegionImports({ pages: RAM_BASE / 0x1_0000, maximum: 0x1_0000, shared: parts.shared });
  const region = new RegionFunction(imports, counters, parts.counted);
  counters?.emit(region.f, 0, ENTERED);
  new RegionEmitter(parts, plan, region).emit();
  region.finish();
  return imports.build(region.f);
}

/** What the fast turns of a loop leave. */
interface Joined {
  readonly flags: ReturnType<RegionFlags['save']>;
}

class RegionEmitter {
  private readonly site: RegionSite;
  private readonly flags: RegionFlags;
  private readonly branches: RegionBranches;
  private readonly context: RegionContext;
  private readonly structured: StructuredEmitter;
  private readonly loops: RegionLoops;
  private readonly selfLoops: SelfLoops;
  private node = 0;
  /** Of each node: its flags are overwritten before anything looks at them. */
  private readonly dead: (boolean | undefined)[] = [];

  constructor(
    private readonly parts: CompilerParts,
    private readonly plan: RegionPlan,
    private readonly region: RegionFunction,
  ) {
    this.site = new RegionSite(region, parts.memory);
    const narrow = new RegionNarrow(region.f);
    this.flags = new RegionFlags(region, narrow, () => flagsDie(parts, this.site.record + RECORD_SIZE, this.site.end));
    const inside: RegionInside = {
      targets: () =>
        plan.insideOf(this.node, this.site.record).map((node) => ({
          node,
          block: plan.blocks[node]!,
          delta: this.deltaOf(node),
          samePage: this.pageOf(node) === this.pageOf(this.node),
        })),
      goTo: (node) => this.goTo(node),
    };
    this.branches = new RegionBranches(this.site, inside, (path) => this.aside(path));
    const groups = new PageGroups(this.site, parts.memory, parts.catalogue);
    const scalars = scalarSlots(parts.memory, parts.catalogue, plan.blocks);
    this.context = new RegionContext(this.site, this.flags, this.branches, narrow, groups, () => this.leaveFor(), scalars);
    this.selfLoops = new SelfLoops(parts.memory, parts.catalogue);
    this.loops = new RegionLoops({
      site: this.site,
      context: this.context,
      body: (end) => this.straight(end),
      branch: (taken) => this.branchBack(taken),
      again: () => this.goTo(this.node),
    });
    this.structured = new StructuredEmitter(
      region.f,
      plan.flow,
      (node) => this.block(node),
      () => this.forget(),
    );
  }

  private deltaOf(node: number): number {
    return this.plan.deltas[node]!;
  }
  private pageOf(node: number): number {
    return ((this.plan.blocks[0]!.physical & 4095) + this.deltaOf(node)) >> 12;
  }

  /** Nothing is known where several paths meet. */
  private forget(): void {
    this.flags.forget();
    this.context.known.forget();
  }

  private goTo(node: number): void {
    const { plan, region } = this;
    if (!plan.isDispatched(this.node, node)) {
      // Where paths meet memory has the flags, unless the first thing there is to overwrite them.
      if ((plan.flow.isLoop[node] || plan.flow.isMerge[node]) && !this.flagsDieIn(node)) this.flags.spill();
      this.structured.edge(this.node, node);
      return;
    }
    this.flags.spill();
    region.f.i32(node).set(region.next);
    this.structured.edge(this.node, plan.blocks.length);
  }
  private flagsDieIn(node: number): boolean {
    const { blocks, cuts } = this.plan;
    this.dead[node] ??= flagsDie(this.parts, blocks[node]!.record, cuts[node]?.record ?? blocks[node]!.end);
    return this.dead[node];
  }
  /** On to the block that was asked for, at first to the root. */
  private dispatcher(): void {
    const { plan, region, structured } = this;
    const self = plan.blocks.length;
    for (const target of plan.dispatched) {
      if (target === 0) continue;
      this.forget();
      region.f.get(region.next).i32(target).op('i32.eq').if();
      structured.edge(self, target);
      region.f.end();
    }
    this.forget();
    structured.edge(self, 0);
  }

  emit(): void {
    this.structured.emit();
  }

  /** Another path is emitted in the middle of this one. */
  private aside(path: () => void): void {
    const { site, node } = this;
    const { record, block, form, delta, end } = site;
    const { blockExit } = this.region;
    const flags = this.flags.save();
    const doubles = this.context.known.save();
    const groups = this.context.addresses.groups.save();
    path();
    Object.assign(site, { record, block, form, delta, end });
    this.region.blockExit = blockExit;
    this.node = node;
    this.flags.restore(flags);
    this.context.known.restore(doubles);
    this.context.addresses.groups.restore(groups);
    this.branches.jumped = false;
  }

  private block(node: number): void {
    const { site, branches, region } = this;
    if (node === this.plan.blocks.length) {
      this.dispatcher();
      return;
    }
    const block = this.plan.blocks[node];
    assert(block, 'node is a block');
    this.node = node;
    site.block = block;
    site.delta = this.deltaOf(node);
    branches.jumped = false;
    const exit = region.startBlock();
    this.records(block);
    region.endBlock(exit, this.deltaOf(node));
  }
  private records(block: Block): void {
    const { site, parts, branches, region } = this;
    const cut = this.plan.cuts[this.node];
    site.end = cut?.record ?? block.end;
    this.context.addresses.groups.forget();
    const loop = this.selfLoop(block);
    const behind = loop && this.fastTurns(loop);
    for (let at = block.record; at < block.end && !branches.jumped; at += RECORD_SIZE) {
      site.record = at;
      region.startInstruction();
      if (at === cut?.record) {
        this.goOn(cut);
        return;
      }
      const op = parts.memory.u16[(at + R.plainOp) >> 1]!;
      const quick = quickAt(parts.memory, parts.cache, at);
      if (quick !== undefined) {
        this.context.addresses.groups.forget();
        emitQuick(site, quick, at === this.plan.blocks[0]!.record, () => this.interpret());
        branches.jumped = false;
        continue;
      }
      if (!isSupported(op, parts.catalogue)) {
        this.interpret();
        return;
      }
      if (isAddress(op)) this.address(op);
      else if (op === Micro.straddle) this.straddle();
      else {
        site.form = parts.catalogue.formOf(op)!;
        this.context.emitForm();
        if (at === loop?.branch) this.join(behind!);
      }
    }
    assert(branches.jumped, 'a block ends in a jump');
    branches.jumped = true;
  }

  private selfLoop(block: Block): SelfLoop | undefined {
    const { plan, node, site } = this;
    if (!plan.flow.isLoop[node] || plan.isDispatched(node, node)) return undefined;
    return this.selfLoops.find(block, site.end, (branch) => plan.insideOf(node, branch)[0] === node);
  }
  /** Turns that need no look come before the block's own code; what is behind the loop follows both. */
  private fastTurns(loop: SelfLoop): Joined {
    const label = this.region.f.block();
    this.loops.emit(loop, label);
    const flags = this.flags.save();
    this.forget();
    return { flags };
  }
  private join({ flags }: Joined): void {
    const own = this.flags.save();
    assert(own.kind === flags.kind && own.bytes === flags.bytes, 'both ways leave the same flags');
    this.region.f.end();
    this.context.addresses.groups.forget();
  }
  /** Instructions of the block that need nothing but registers and memory at hand. */
  private straight(end: number): void {
    const { site, parts, region } = this;
    this.flags.forget();
    for (let at = site.block.record; at < end; at += RECORD_SIZE) {
      site.record = at;
      region.startInstruction();
      site.form = parts.catalogue.formOf(parts.memory.u16[(at + R.plainOp) >> 1]!)!;
      this.context.emitForm();
    }
    site.record = end;
    region.startInstruction();
    site.form = parts.catalogue.formOf(parts.memory.u16[(end + R.plainOp) >> 1]!)!;
  }
  private branchBack(taken: () => void): void {
    this.branches.instead = taken;
    this.context.emitForm();
    this.branches.instead = undefined;
  }

  /** Another block goes on here: what this one has paid for the rest is given back, and that one's instructions are paid for; where they are too many, the
   * interpreter runs the rest. */
  private goOn({ count, node }: Cut): void {
    const { site, region } = this;
    const { f, remaining } = region;
    const more = site.block.count - count - this.plan.blocks[node]!.count;
    if (more !== 0) {
      f.get(remaining).i32(more).op('i32.add').set(remaining);
      if (more < 0) {
        f.get(remaining).i32(0).op('i32.lt_s').unlikely().if();
        f.get(remaining).i32(more).op('i32.sub').set(remaining);
        this.interpret();
        f.end();
      }
    }
    this.goTo(node);
    this.branches.jumped = true;
  }

  /** The way out before an instruction whose numbers or pages are not as usual. The region's own first record would enter the region again. */
  private leaveFor(): Leave {
    const { site, parts, plan, region } = this;
    const { block, record } = site;
    if (record === plan.blocks[0]!.record || parts.isCareful(block)) return undefined;
    return (why) => {
      const { f } = region;
      f.i32(0).i32(0).mem('i32.load', UNUSUAL_TIMES).i32(1).op('i32.add').mem('i32.store', UNUSUAL_TIMES);
      f.i32(0).i32(block.record).mem('i32.store', UNUSUAL_BLOCK);
      this.interpret(why);
      this.branches.jumped = false;
    };
  }

  /** The interpreter goes on at this record, in the middle of its block. */
  private interpret(why = 'not compiled'): void {
    const { site, region } = this;
    const rip = region.temp('i64');
    region.f.get(region.base).i64(site.delta).op('i64.add').set(rip);
    region.f.i32(site.record);
    site.dispatch(rip, why);
    this.branches.jumped = true;
  }

  /** The instruction behind this record is in two pages. */
  private straddle(): void {
    const { site, region } = this;
    const found = region.temp('i32');
    region.f.i32(site.record).call(region.imports.index('straddle')).set(found);
    region.ownPages();
    region.f.get(found);
    site.leaveUnless(Exit.atRecord, 'second page');
  }

  /** An address record: base + (index << scale) + displacement, cut to 32 bits where the address size says so, plus a segment's base. */
  private address(op: number): void {
    const { site, region } = this;
    const { f } = region;
    const { addresses } = this.context;
    addresses.segmentLine = site.i32(R.link) === Slot.zero ? (site.i32(R.b) >> 3) & 1 : 2;
    addresses.pushSum(site.i32(R.b), site.i32(R.x), site.u8(R.scale), site.i64(R.disp));
    if (op !== Micro.address64) f.i64(0xffff_ffff).op('i64.and');
    if (addresses.pushPart(site.i32(R.link))) f.op('i64.add');
    if (op === Micro.addressFlat32) f.i64(0xffff_ffff).op('i64.and');
    f.set(region.ea);
    // In memory too: where the access leaves, it is done over without its address record.
    f.i32(0).get(region.ea).mem('i64.store', Slot.ea);
  }
}
