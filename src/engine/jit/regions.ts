// The compiled regions of one engine: which blocks turn out hot, where a region is entered, and when it is forgotten. The interpreter enters a region in place
// of the handler of its first block's first record. Nothing here is seen by the guest.
//
// How it goes: every `periodNs` of virtual time the interpreter is left, and the block that it is in counts once (a sample that falls into a region makes the
// period longer, and the next one count for more). A block that has counted `threshold` times becomes the root of a region: planRegion gathers blocks over linked branches, calls and returns; Flow and StructuredEmitter make structured control flow of them; RegionContext emits the rows' semantics with registers and lazy flags in locals.
// README.md says what paid and what did not.
import { ModeBit } from '../../x86/layout';
import type { Block } from '../block-table';
import type { CodeCache } from '../code-cache';
import type { EngineStatistics } from '../cpu-engine';
import type { HandlerCatalogue } from '../handlers';
import { COMPILED_INSTRUCTIONS, R, RECORD_SIZE, Slot, TLB_STRIDE, Tlb } from '../record';
import { tlbIndex } from '../tlb-index';
import type { EngineMemory } from '../vm-memory';
import { compileRegion } from './region-compiler';
import { codeLinear, madeOf } from './region-made';
import { type PlaceOf, planRegion, type RegionPlan } from './region-plan';
import { type LiveRegion, RegionCounters, RegionProfile, type RegionReport } from './region-profile';
import { isQuick, quickAt } from './region-quick';
import { type Sample, SampleLog } from './sample-log';
import { SeenTargets } from './seen-targets';
import { isSupported } from './supported';
import { UnusualBlocks } from './unusual';

/** Places for regions in the interpreter's table. */
export const REGION_SLOTS = 8192;

/** A trip ends at most so long before its limit: no block is longer. */
const SLACK_NS = 64;

/** A block that is inside a region is so many times less soon the root of another; one that branches back to itself is not: where the region has no room for what is around
 * it, its turns are interpreted whenever it is come to from there. */
const COVERED_FACTOR = 4;

/** What one more region costs (planning, emitting, the host's compilers for it and for the emitter itself), in virtual ns that must have run in regions for it to
 * have paid; so many may be made before any has. */
const REGION_COST_NS = 6_000_000;
const REGIONS_AHEAD = 8;
/** Blocks need at most so many times more samples while regions have not paid for themselves. */
const MOST_PATIENCE = 12;

/** So few instructions that are no loop are no region. */
const THUNK_INSTRUCTIONS = 2;

export interface RegionsOptions {
  memory: EngineMemory;
  cache: CodeCache;
  catalogue: HandlerCatalogue;
  shared: boolean;
  /** The interpreter's exports: functions for regions, the table. */
  exports: Readonly<Record<string, WebAssembly.ExportValue>>;
  /** The interpreter is left after so many virtual ns, and the block that it is in counts once more. */
  periodNs: number;
  /** So many times, and it is compiled. */
  threshold: number;
  /** Every block is compiled before it runs, alone at first and with what it is linked with later: for tests. */
  eager: boolean;
  /** Regions count and are kept for `reports`. */
  profile: boolean;
  /** Regions count their instructions. */
  counted: boolean;
  /** A block of a region may run from now on, though nobody looks it up. */
  onSeen: (block: Block) => void;
  /** Milliseconds from some instant on, for what compiling takes: the host's clock, which nothing that the guest can see depends on. */
  clockMs: (() => number) | undefined;
  moduleOf: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
}

type RegionStatistics = Pick<
  EngineStatistics,
  'compiledInstructions' | 'regionsCompiled' | 'regionsLive' | 'regionsDropped' | 'regionBytes' | 'regionCompileMs'
>;

interface Region {
  slot: number;
  root: Block;
  /** The handler that its first record had. */
  plainOp: number;
  blocks: readonly Block[];
  /** For people who look at it. */
  deltas: readonly number[];
  linear: bigint;
  module: Uint8Array;
  counters: RegionCounters | undefined;
  /** Not entered before its root is seen again. */
  asleep: boolean;
}

export class Regions {
  /** Virtual ns until a sample is to be taken: more seldom as long as samples fall into compiled code. */
  private leftNs: number;
  private readonly log: SampleLog;
  private readonly hits = new Map<number, number>();
  private readonly seen: SeenTargets;
  private readonly unusual: UnusualBlocks;
  private readonly byRoot = new Map<number, Region>();
  private readonly byBlock = new Map<number, Set<Region>>();
  private readonly free: number[] = [];
  private next = 0;
  private readonly table: WebAssembly.Table;
  private readonly imports: WebAssembly.ModuleImports;
  private readonly firstPlace: number;
  private profile: RegionProfile | undefined;
  private compiled = 0;
  private codeBytes = 0;
  private dropped = 0;
  private compileMs = 0;
  /** Virtual ns that samples saw in regions, less what the regions made so far have cost. */
  private earnedNs = REGIONS_AHEAD * REGION_COST_NS;

  constructor(private readonly options: RegionsOptions) {
    this.log = new SampleLog(options.memory, options.periodNs, options.eager);
    this.unusual = new UnusualBlocks(options.memory);
    this.seen = new SeenTargets(options.memory, options.cache, options.catalogue);
    this.leftNs = options.periodNs;
    this.table = options.exports.regions as WebAssembly.Table;
    this.firstPlace = this.table.length - REGION_SLOTS;
    this.profile = options.profile ? new RegionProfile(options.memory) : undefined;
    this.imports = { memory: options.memory.wasm, ...options.exports };
  }

  statistics(): RegionStatistics {
    const { compiled, byRoot, codeBytes, dropped, compileMs, options } = this;
    return {
      compiledInstructions: Number(options.memory.view.getBigInt64(COMPILED_INSTRUCTIONS, true)),
      ...{ regionsCompiled: compiled, regionsLive: byRoot.size, regionsDropped: dropped, regionBytes: codeBytes },
      regionCompileMs: Math.round(compileMs),
    };
  }

  /** All that were made, where they are kept. */
  reports(): readonly RegionReport[] {
    return this.profile?.reports() ?? [];
  }

  /** Those that can be entered now. */
  live(): readonly LiveRegion[] {
    const { memory } = this.options;
    return [...this.byRoot.values()].map(({ blocks, deltas, linear, module, counters }) => {
      return { ...madeOf(memory, { blocks, deltas }), linear, module, counts: counters?.read(memory) };
    });
  }
  /** Counts begin and end with regions that are compiled anew. */
  count(on: boolean): void {
    if (on === this.isCounting) return;
    this.profile = on ? new RegionProfile(this.options.memory) : undefined;
    this.flush();
  }
  get isCounting(): boolean {
    return this.profile !== undefined;
  }

  /** Every block is looked at before it runs. */
  get isEager(): boolean {
    return this.options.eager;
  }
  /** Virtual ns until the interpreter is to be left for a sample. */
  get untilSampleNs(): number {
    return Math.max(this.leftNs, SLACK_NS);
  }
  /** Whether samples were taken in a trip; `takeSamples` gives those that were logged. */
  hasSampled(): boolean {
    const movedNs = this.log.takeMovedNs();
    if (movedNs === 0) return false;
    this.leftNs += movedNs;
    this.earnedNs += this.log.takeRegionNs();
    this.dropOften(movedNs);
    return true;
  }
  takeSamples(): readonly Sample[] {
    return this.log.take();
  }
  /** So much was run: is a sample due? Where another looks (CpuEngine.onLook) makes no difference: the same is compiled with a profile and without. */
  isDue(consumedNs: number): boolean {
    this.leftNs -= consumedNs;
    if (this.leftNs > SLACK_NS) return false;
    this.dropOften(this.log.periodNs);
    return true;
  }
  private dropOften(ns: number): void {
    this.dropUnusual(ns);
    this.dropMissing(ns);
  }
  /** Regions that have left too often since the last sample are made anew. */
  private dropUnusual(ns: number): void {
    const record = this.unusual.takeOften(ns);
    for (const region of [...(record === undefined ? [] : (this.byBlock.get(record) ?? []))]) {
      this.unusual.add(region.blocks);
      this.uninstall(region);
    }
  }
  /** Likewise those that have left for one of their own blocks: they will compare with it, as soon as their roots are seen again. */
  private dropMissing(ns: number): void {
    const missed = this.seen.takeMissed(ns);
    if (missed === undefined) return;
    for (const region of [...(this.byBlock.get(missed.from) ?? [])]) {
      if (!region.blocks.some(({ record }) => record === missed.to)) continue;
      this.uninstall(region);
      this.hits.set(region.root.record, this.options.threshold - 1);
    }
  }
  /** It cannot be told what ran. */
  noSample(): void {
    this.leftNs = this.log.nextNs();
  }
  /** A block is about to run from its first record; `linear` is its address. */
  entering(block: Block, linear: bigint, fetchTlb: number): void {
    if (block.valid && !this.hits.has(block.record)) this.compile(block, linear, fetchTlb);
  }
  /** Compiled code was running. */
  sampledRegion(): void {
    if (this.options.eager) this.flush();
    this.earnedNs += this.log.periodNs;
    this.leftNs = this.log.took(true);
  }
  /** The interpreter was in this block, which begins at Slot.ripBase, and left it behind that record, to Slot.nextRip if that is an indirect branch. */
  sampled(block: Block, record: number, fetchTlb: number): void {
    const { view } = this.options.memory;
    const [linear, target] = [view.getBigUint64(Slot.ripBase, true), view.getBigUint64(Slot.nextRip, true)];
    const sample = { exit: record, weight: this.log.weight, linear, target };
    this.leftNs = this.log.took(false);
    this.logged(block, sample, fetchTlb);
  }
  /** `block`: the one that the sample's branch is in. */
  logged(block: Block, sample: Sample, fetchTlb: number): void {
    if (!block.valid) return;
    // What a region takes for constant is not so here.
    if (this.options.cache.table.takeChanged(block)) return;
    if (!this.seen.see(block, sample)) this.log.ignoreTargets(this.options.memory.u16[((sample.exit & ~3) + R.plainOp) >> 1]!);
    if (sample.weight === 0) return;
    const hits = (this.hits.get(block.record) ?? 0) + sample.weight;
    const isCovered = this.contains(block.record) && !this.isLoop(block);
    const wanted = this.options.threshold * this.patience * (isCovered ? COVERED_FACTOR : 1);
    if (hits < wanted) this.hits.set(block.record, hits);
    else this.compile(block, sample.linear, fetchTlb);
  }

  private isLoop({ record, end }: Block): boolean {
    const { memory, catalogue } = this.options;
    for (let at = record; at < end; at += RECORD_SIZE)
      if (memory.i32[(at + R.link) >> 2] === record && catalogue.linked[memory.u16[(at + R.plainOp) >> 1]!]) return true;
    return false;
  }

  /** In code of which much is warm and little hot, such as a kernel that boots, most regions cost more than they save: the more so the later they become hot. */
  private get patience(): number {
    if (this.options.eager || this.earnedNs >= 0) return 1;
    return Math.min(1 - this.earnedNs / REGION_COST_NS, MOST_PATIENCE);
  }

  private compile(root: Block, linear: bigint, fetchTlb: number): void {
    const { clockMs } = this.options;
    const startMs = clockMs?.() ?? 0;
    this.compileNow(root, linear, fetchTlb);
    if (clockMs !== undefined) this.compileMs += clockMs() - startMs;
  }
  private compileNow(root: Block, linear: bigint, fetchTlb: number): void {
    const { memory, cache, catalogue } = this.options;
    this.hits.set(root.record, Number.NEGATIVE_INFINITY);
    const first = memory.u16[(root.record + R.plainOp) >> 1]!;
    if (!isSupported(first, catalogue) && quickAt(memory, cache, root.record) === undefined) {
      // Another time the host may let the processor run it.
      if (isQuick(memory, cache, root.record)) this.hits.delete(root.record);
      return;
    }
    const plan = planRegion(memory, cache, catalogue, root, placesFrom(memory, root, linear, fetchTlb), (place) => this.seen.of(place));
    if (!this.options.eager && onlyLeaves(plan)) return;
    const slot = this.free.pop() ?? (this.next < REGION_SLOTS ? this.next++ : this.evict());
    const counters = this.profile && new RegionCounters(this.profile);
    const isCareful = (block: Block): boolean => this.unusual.has(block);
    const bytes = compileRegion({ ...this.options, isCareful }, plan, counters);
    const instance = new WebAssembly.Instance(this.options.moduleOf(bytes), { engine: this.imports });
    this.table.set(this.firstPlace + slot, instance.exports.region as unknown as null);
    const at = (root.record + R.op) >> 1;
    const { blocks, deltas } = plan;
    const made = { blocks, deltas, linear: codeLinear(memory, root, linear), module: bytes, counters };
    const region: Region = { slot, root, plainOp: memory.u16[at]!, asleep: false, ...made };
    memory.u16[at] = catalogue.count + slot;
    this.byRoot.set(root.record, region);
    cache.kept.drop();
    for (const block of plan.blocks) {
      const { record } = block;
      this.options.onSeen(block);
      const list = this.byBlock.get(record);
      if (list) list.add(region);
      else this.byBlock.set(record, new Set([region]));
    }
    if (counters && this.options.profile) this.profile?.add(madeOf(memory, plan), bytes, counters);
    this.compiled++;
    this.earnedNs -= REGION_COST_NS;
    this.codeBytes += bytes.length;
  }

  /** The oldest goes. */
  private evict(): number {
    const [oldest] = this.byRoot.values();
    if (oldest) this.uninstall(oldest);
    return this.free.pop()!;
  }
  private uninstall(region: Region): void {
    this.dropped++;
    this.options.memory.u16[(region.root.record + R.op) >> 1] = region.plainOp;
    this.table.set(this.firstPlace + region.slot, null);
    this.free.push(region.slot);
    this.byRoot.delete(region.root.record);
    this.hits.delete(region.root.record);
    for (const { record } of region.blocks) this.byBlock.get(record)?.delete(region);
  }
  /** A trip ended before this record. Where the host does not let the processor run it now, and a region begins with it, the interpreter has the block from here on. */
  leftAt(record: number): void {
    const { memory, cache } = this.options;
    const region = this.byRoot.get(record);
    if (region && isQuick(memory, cache, record) && quickAt(memory, cache, record) === undefined) this.uninstall(region);
  }
  /** Some region has the block. */
  contains(record: number): boolean {
    return (this.byBlock.get(record)?.size ?? 0) > 0;
  }
  /** A block is no longer true. */
  forget(record: number): void {
    this.hits.delete(record);
    this.seen.forget(this.options.cache.blockOf(record));
    for (const region of this.byBlock.get(record) ?? []) this.uninstall(region);
    this.byBlock.delete(record);
  }
  /** All blocks are gone. */
  flush(): void {
    for (const region of [...this.byRoot.values()]) this.uninstall(region);
    this.hits.clear();
    this.seen.clear();
    this.unusual.clear();
    this.byBlock.clear();
    this.log.clear();
  }

  /** From here on no region runs before its root is seen again, see `CodeCache.unseen`. */
  sleep(): void {
    for (const region of this.byRoot.values()) {
      region.asleep = true;
      this.options.memory.u16[(region.root.record + R.op) >> 1] = region.plainOp;
    }
  }
  /** A block is about to run, from that first record. */
  wake(record: number): void {
    const region = this.byRoot.get(record);
    if (!region?.asleep) return;
    region.asleep = false;
    this.options.memory.u16[(record + R.op) >> 1] = this.options.catalogue.count + region.slot;
    for (const each of region.blocks) this.options.onSeen(each);
  }

  wakeAll(): void {
    for (const record of this.byRoot.keys()) this.wake(record);
  }

  /** Runs with the block's own handlers, when single instructions must be exact. */
  withoutRegion<T>(block: Block, run: () => T): T {
    const region = this.byRoot.get(block.record);
    if (!region || region.asleep) return run();
    const at = (block.record + R.op) >> 1;
    const { u16 } = this.options.memory;
    u16[at] = region.plainOp;
    try {
      return run();
    } finally {
      if (this.byRoot.get(block.record) === region) u16[at] = this.options.catalogue.count + region.slot;
    }
  }
}

/** A thunk: it is left sooner than it is entered. */
const onlyLeaves = ({ blocks, flow }: RegionPlan): boolean =>
  !flow.isLoop.some(Boolean) && blocks.reduce((sum, { count }) => sum + count, 0) <= THUNK_INSTRUCTIONS;

/** By the fast TLB entries that instructions are fetched through now; nothing outside flat modes, where CS has a base. */
function placesFrom({ view }: EngineMemory, root: Block, linear: bigint, fetchTlb: number): PlaceOf {
  if (!(root.mode & ModeBit.flat)) return () => undefined;
  return (delta) => {
    const address = BigInt.asUintN(64, linear + BigInt(delta));
    const entry = fetchTlb + tlbIndex(Number(address & 0xffff_ffffn)) * TLB_STRIDE;
    if (view.getBigUint64(entry + Tlb.exec, true) !== (address & ~4095n)) return undefined;
    return (Number(address & 0xffff_ffffn) + view.getUint32(entry + Tlb.addend, true)) >>> 0;
  };
}
