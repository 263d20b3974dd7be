// The CPU engine: decoded blocks run in the generated interpreter, everything else (helpers, faults, interrupts, border, budget) in run/, at exact instruction
// counts. Invariant: `run` is the same whether it is cut into many runs or not. Here the parts are put together, and the machine's requests go to them.
import type { SavedValue } from '../base/saved';
import type { Helper } from '../x86/cpu';
import { Decoder } from '../x86/decode/decoder';
import { INSN_ROWS } from '../x86/insn/rows';
import { PAGE_SIZE, RAM_BASE } from '../x86/layout';
import type { CpuModel } from '../x86/models/cpu-model';
import { randomStart } from '../x86/system/random';
import { resetState, startupState } from '../x86/system/reset';
import type { VcpuState } from '../x86/vcpu-state';
import { AccessPath } from './access';
import { BlockBuilder, type BuilderHooks } from './block-builder';
import { CodeCache } from './code-cache';
import type {
  CpuEngine,
  EngineConfig,
  EngineReturn,
  EngineStatistics,
  InstructionObserver,
  PeriodicLooks,
  Tier,
  TranslateResult,
  WatchHit,
  Watchpoint,
} from './cpu-engine';
import { buildCatalogue } from './handlers';
import { Immediates } from './immediates';
import { buildInterpreter, type InterpreterExports, type InterpreterImports } from './interpreter';
import type { LiveRegion, RegionReport } from './jit/region-profile';
import { Regions } from './jit/regions';
import { forgetRoots } from './known-roots';
import { Mmu } from './mmu';
import { MonitoredLines } from './monitored-lines';
import { PackedCatalogue } from './packed-catalogue';
import { peekInto, peekTranslate } from './peek';
import { DISPATCHES, SAMPLE } from './record';
import { BlockRun } from './run/block-run';
import { BranchLinks } from './run/branch-links';
import { BreakpointPlaces } from './run/breakpoint-places';
import { CheckedAddress } from './run/checked-address';
import { CodeFetch } from './run/code-fetch';
import { CodeFinder } from './run/code-finder';
import { Deliveries } from './run/deliveries';
import { Executor } from './run/executor';
import { fetchedPage, forgetFetchPage, readFetchPage } from './run/fetch-page';
import { GoOn } from './run/go-on';
import { HelperRunner } from './run/helper-runner';
import { interpreterImports } from './run/imports';
import { InPlace } from './run/in-place';
import { Looks } from './run/looks';
import { Observation } from './run/observation';
import { PendingFault } from './run/pending-fault';
import { PortTable } from './run/port-table';
import { QuickCells } from './run/quick-cells';
import { RunBudget, type RunKind } from './run/run-budget';
import { RunLoop } from './run/run-loop';
import { restoreVcpu, saveVcpu } from './run/saved-vcpu';
import { StackFault } from './run/stack-fault';
import { StopPlaces } from './run/stop-places';
import { StopPoints } from './run/stop-points';
import { unitFault } from './run/unit-fault';
import type { Describe } from './run/unsupported';
import { Vcpus } from './run/vcpus';
import { isWakeable } from './run/wakeable';
import { SAMPLED_STACK_BYTES } from './sample-emitter';
import { SeenCode } from './seen-code';
import { EngineMemory } from './vm-memory';
import { Watchpoints } from './watchpoints';
import type { FirstWrite } from './write-log';

const SAMPLING: Readonly<Record<Exclude<Tier, 'interpreter'>, { periodNs: number; threshold: number; eager: boolean }>> = {
  auto: { periodNs: 16_384, threshold: 16, eager: false },
  jit: { periodNs: 128, threshold: 1, eager: true },
};

const NO_REGIONS = {
  ...{ compiledInstructions: 0, regionsCompiled: 0, regionsLive: 0, regionsDropped: 0, regionBytes: 0, regionCompileMs: 0 },
} as const;

export interface EngineOptions {
  /** The interpreter's module of what `buildInterpreter` makes for this kind of memory, where that was made before (at build time). */
  interpreter?: WebAssembly.Module;
  helpers: Readonly<Record<string, Helper>>;
  /** Text of an instruction that is not supported, for the message. */
  describe?: Describe;
  /** The host's clock, for statistics alone. */
  clockMs?: () => number;
  /** A compiled region's module of its bytes, where the host has it optimised already. */
  moduleOf?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
}

export class WasmEngine implements CpuEngine {
  readonly memory: EngineMemory;
  readonly vcpuCount: number;
  private readonly cache: CodeCache;
  private readonly mmu: Mmu;
  private readonly vcpus: Vcpus;
  private readonly budget: RunBudget;
  private readonly stops: StopPoints;
  private readonly stopPlaces: StopPlaces;
  private readonly observation: Observation;
  private readonly watchpoints: Watchpoints;
  private readonly seen: SeenCode;
  private readonly helpers: HelperRunner;
  private readonly ports: PortTable;
  private readonly loop: RunLoop;
  private readonly regions: Regions | undefined;
  private readonly model: CpuModel;
  private readonly looks: Looks;
  private readonly takeSample: InterpreterExports['sample'];

  constructor(config: EngineConfig, options: EngineOptions) {
    this.vcpuCount = config.vcpus;
    this.model = config.model;
    const memory = new EngineMemory(config.ramSize, config.maxRamSize, config.sharedMemory);
    const module = options.interpreter ?? new WebAssembly.Module(buildInterpreter(buildCatalogue(INSN_ROWS), config.sharedMemory));
    const catalogue = new PackedCatalogue(module, INSN_ROWS);
    const decoder = new Decoder(config.model.decodeRows(INSN_ROWS), catalogue.places);
    const rearm = (offset: number): void => {
      for (const vcpu of this.vcpus.all) vcpu.tlb.rearm(offset | 0);
    };
    const closeWrites = (offset: number): void => {
      for (const vcpu of this.vcpus.all) vcpu.tlb.closeWrites(offset | 0);
    };
    const cache = new CodeCache(
      memory,
      rearm,
      closeWrites,
      new MonitoredLines(memory, () => this.vcpus.all),
      new Immediates(memory, catalogue, decoder),
    );
    const written = (offset: number, length: number): void => {
      memory.writes.touch(offset, length);
      cache.invalidate(offset, length);
    };
    const marked = (offset: number): void => {
      memory.writes.walk(offset);
      cache.invalidate(offset, 8);
    };
    const mmu = new Mmu(memory, marked, config.model.has('pse36'));
    const watchpoints = new Watchpoints(memory);
    const access = new AccessPath(memory, mmu, cache, watchpoints);
    const places = new BreakpointPlaces(() => cache.flush());
    const stopPlaces = new StopPlaces(memory, {
      fetchedPages: () => this.vcpus.all.flatMap(({ state }) => fetchedPage(memory, state)),
      close: () => {
        for (const { tlb } of this.vcpus.all) tlb.closeFetches();
      },
      forgetCode: (frame) => cache.forgetFrame(frame),
    });
    const vcpus = new Vcpus(memory, access, cache, places, watchpoints, config.hosts, config.vcpus, config.model, stopPlaces);
    memory.onWrite = written;
    memory.onFrameChange = (gfn) => {
      for (const vcpu of vcpus.all) vcpu.tlb.rearmFrame(gfn);
      access.dropFetchPage();
      cache.watchLines();
      stopPlaces.frameChanged(gfn);
    };

    const fault = new PendingFault();
    const budget = new RunBudget(memory, config.pauseNs);
    const observation = new Observation();
    const stops = new StopPoints(memory, watchpoints, stopPlaces);
    const fetch = new CodeFetch(memory, vcpus, mmu, cache, fault, stopPlaces);
    const hooks: BuilderHooks = {
      secondPage: () => fetch.secondPage(),
      mayStop: (physical) => stopPlaces.mayLieAt(physical) || places.mayLieAt(physical),
      mayStopIn: (page) => places.any || stopPlaces.mayLieInPageOf(page),
      observes: (row) => observation.wants(row),
      observesAny: () => observation.on,
      unitFault: (unit) => unitFault(vcpus.running.state, unit),
      decode: (...run) => exports.decode(...run),
      finishBlock: (...block) => exports.finishBlock(...block),
      addBlock: (...block) => exports.addBlock(...block),
    };
    const builder = new BlockBuilder(memory, cache, catalogue, decoder, hooks, config.singleSteps ? 1 : undefined);
    const stackFault = new StackFault(memory, cache, decoder);
    const checked = new CheckedAddress(memory, cache, access, vcpus);
    const deliveries = new Deliveries(memory, budget, fault, stops);
    const ports = new PortTable(memory);
    const helpers = new HelperRunner(memory, options.helpers, budget, deliveries, stops, observation, ports);
    const looks = new Looks(memory, budget);
    const quick = new QuickCells(memory, budget, stops, observation, ports);
    const inPlace = new InPlace({
      ...{ memory, cache, access, vcpus, fetch, budget, deliveries, helpers, quick, looks, stops },
      materialiseFlags: () => exports.materialiseFlags(),
      isCodePlain: () => !places.any && !observation.on && config.singleSteps !== true,
    });
    const links = new BranchLinks(memory, cache, catalogue);
    const goOn = new GoOn({ memory, cache, fetch, builder, links, inPlace, fault }).run;
    const imports = interpreterImports({
      memory,
      access,
      mmu,
      fault,
      fetch,
      checked,
      stackFault,
      inPlace: inPlace.run,
      goOn,
      handOver: quick.handOver,
    });
    const exports = instantiate(memory, module, imports);
    mmu.fast = exports.walk;
    this.takeSample = exports.sample;
    // State is exact before the host is called in the middle of an instruction.
    access.onHostCall = () => {
      ports.forget();
      if (access.isolated) exports.materialiseFlags();
    };

    access.onCodeApart = (before) => inPlace.diedApart(before);

    const seen = new SeenCode(memory, cache, links);
    const tier = config.tier ?? 'interpreter';
    const regions =
      tier === 'interpreter'
        ? undefined
        : new Regions({
            memory,
            cache,
            catalogue,
            shared: config.sharedMemory,
            exports: { ...exports },
            profile: config.regionProfile === true,
            counted: config.tierStatistics === true,
            clockMs: options.clockMs,
            // Those that are made for tests, of all code at once, are no use to keep.
            moduleOf: (tier === 'auto' ? options.moduleOf : undefined) ?? ((bytes) => new WebAssembly.Module(bytes)),
            onSeen: (block) => seen.ranIn(block),
            ...SAMPLING[tier],
          });
    seen.regions = regions;
    if (regions) {
      cache.onKill = (record) => regions.forget(record);
      cache.onFlush = () => regions.flush();
      cache.isCompiled = (record) => regions.contains(record);
    }
    const finder = new CodeFinder(memory, cache, fetch, builder, links);
    const blocks = new BlockRun(memory, cache, access, budget, links, exports, regions, inPlace, quick, looks);
    const { describe } = options;
    const executor = new Executor({
      memory,
      cache,
      access,
      budget,
      fault,
      finder,
      blocks,
      inPlace,
      deliveries,
      helpers,
      stops,
      stackFault,
      observation,
      describe,
    });
    watchpoints.running = () => {
      const { index, state } = vcpus.running;
      return { vcpu: index, state, rip: executor.isolatedRip ?? helpers.rip ?? state.u64('rip') };
    };
    watchpoints.onHit = () => {
      budget.leaveRequested = true;
    };
    memory.onHostWrite = (gpa, length) => {
      if (watchpoints.active) watchpoints.hostWrites(gpa, length);
    };
    this.loop = new RunLoop(budget, deliveries, executor, quick, looks, (vcpu) => this.onLook(vcpu));
    this.looks = looks;
    this.memory = memory;
    this.cache = cache;
    this.mmu = mmu;
    this.vcpus = vcpus;
    this.budget = budget;
    this.stops = stops;
    this.stopPlaces = stopPlaces;
    this.observation = observation;
    this.watchpoints = watchpoints;
    this.seen = seen;
    this.helpers = helpers;
    this.ports = ports;
    this.regions = regions;

    for (const vcpu of vcpus.all) {
      resetState(vcpu.state, 'power-on', vcpu.index === 0, config.model);
      vcpu.state.setU64('random', randomStart(config.seed ?? 0, vcpu.index));
    }
    vcpus.select(vcpus.running);
    access.dropFetchPage();
  }

  lookPeriodically(looks: PeriodicLooks | undefined): void {
    this.looks.set(looks);
  }
  onLook = (_vcpu: number): number => Number.POSITIVE_INFINITY;
  get isOver(): () => boolean {
    return this.budget.isOver;
  }
  set isOver(ask: () => boolean) {
    this.budget.isOver = ask;
  }

  run(vcpu: number, budgetNs: number, lookNs?: number): EngineReturn {
    return this.runAs('stop-at-border', vcpu, budgetNs, budgetNs, undefined, lookNs);
  }
  runThrough(vcpu: number, budgetNs: number, wantedNs = budgetNs, mostTrips?: number, lookNs?: number): EngineReturn {
    return this.runAs('through', vcpu, budgetNs, wantedNs, mostTrips, lookNs);
  }
  runBorder(vcpu: number): EngineReturn {
    return this.runAs('one', vcpu, 1);
  }
  private runAs(kind: RunKind, index: number, budgetNs: number, wantedNs = budgetNs, mostTrips?: number, lookNs?: number): EngineReturn {
    const vcpu = this.vcpus.at(index);
    this.memory.writes.runs();
    this.vcpus.select(vcpu);
    return this.loop.run(vcpu, kind, budgetNs, wantedNs, mostTrips, lookNs);
  }

  consumedNs(): number {
    return this.budget.consumedNs;
  }
  servedNs(): number {
    return this.budget.exitNs;
  }
  trips(): number {
    return this.budget.trips;
  }
  charge(ns: number): void {
    // Events may become due by it.
    this.ports.forget();
    this.budget.charge(ns);
  }
  requestLeave(): void {
    this.budget.leaveRequested = true;
  }

  state(vcpu: number): VcpuState {
    return this.vcpus.at(vcpu).state;
  }
  retired(vcpu: number): number {
    return Number(this.state(vcpu).u64('retired'));
  }
  instructionRip(vcpu: number): bigint {
    return (vcpu === this.vcpus.running.index ? this.helpers.rip : undefined) ?? this.state(vcpu).u64('rip');
  }

  dropHeld(vcpu: number): void {
    this.vcpus.at(vcpu).held = undefined;
  }
  setInterruptPending(vcpu: number, pending: boolean): void {
    this.state(vcpu).setU32('intrPending', pending ? 1 : 0);
  }
  raiseNmi(vcpu: number): void {
    this.state(vcpu).setU32('nmiPending', 1);
  }
  init(vcpu: number): void {
    const state = this.state(vcpu);
    const pending = state.u32('intrPending');
    this.dropHeld(vcpu);
    resetState(state, 'init', false, this.model);
    state.setU32('intrPending', pending);
    this.flushTlb(vcpu);
  }
  startup(vcpu: number, vector: number): void {
    startupState(this.state(vcpu), vector);
  }
  wakeable(vcpu: number): boolean {
    return isWakeable(this.state(vcpu));
  }

  setStopPoints(linear: readonly bigint[], physical: readonly number[]): void {
    this.stops.set(linear, physical);
  }
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    if (watchpoints.length === 0 && !this.watchpoints.active) return;
    this.watchpoints.set(watchpoints);
    for (const { tlb } of this.vcpus.all) tlb.rearmAll();
  }
  takeWatchHits(): readonly WatchHit[] {
    return this.watchpoints.take();
  }
  observe(observer: InstructionObserver | undefined): void {
    this.observation.set(observer);
    this.cache.flush();
  }
  beginWriteLog(onFirstWrite: FirstWrite): void {
    this.memory.writes.begin(onFirstWrite);
    for (const { tlb } of this.vcpus.all) tlb.disarmAll();
    this.memory.forgetUse();
    forgetRoots(this.memory);
    this.seen.begin();
    for (const { state } of this.vcpus.all) {
      const [lo, hi] = readFetchPage(this.memory, state);
      this.seen.log.fetched(lo!, hi!);
    }
  }
  settleWriteLog(): void {
    this.memory.writes.settle();
  }
  fetchLog(): Uint8Array {
    return this.seen.log.copy();
  }
  useLog(): Uint8Array {
    return this.memory.useLog();
  }
  endWriteLog(): void {
    this.memory.writes.end();
  }
  replacePage(page: number, bytes: Uint8Array | undefined): void {
    const at = RAM_BASE + page * PAGE_SIZE;
    this.cache.invalidate(at, PAGE_SIZE);
    this.memory.writes.replaced(page);
    if (bytes === undefined) this.memory.u8.fill(0, at, at + PAGE_SIZE);
    else this.memory.u8.set(bytes, at);
  }
  translate(vcpu: number, linear: bigint): TranslateResult | undefined {
    return peekTranslate(this.memory, this.state(vcpu), linear);
  }
  translateInto(vcpu: number, lo: number, hi: number, into: TranslateResult): boolean {
    return peekInto(this.memory, this.state(vcpu), lo, hi, into);
  }
  readonly sampleAt = SAMPLE;
  sample(vcpu: number, stackBytes: number): number {
    return stackBytes > SAMPLED_STACK_BYTES ? -1 : this.takeSample(this.state(vcpu).base, stackBytes, SAMPLE);
  }
  flushCode(): void {
    this.cache.flush();
  }
  flushTlb(vcpu: number): void {
    const { state, tlb } = this.vcpus.at(vcpu);
    tlb.flush(true);
    forgetFetchPage(this.memory, state);
  }

  saveVcpu(vcpu: number): SavedValue {
    return saveVcpu(this.memory, this.vcpus.at(vcpu));
  }
  restoreVcpu(vcpu: number, saved: SavedValue): void {
    this.stops.forget();
    this.memory.writes.runs();
    restoreVcpu(this.memory, this.vcpus.at(vcpu), saved);
    for (const page of fetchedPage(this.memory, this.state(vcpu))) this.stopPlaces.fetched(...page);
    this.cache.watchLines();
  }

  regionReports(): readonly RegionReport[] {
    return this.regions?.reports() ?? [];
  }
  liveRegions(): readonly LiveRegion[] {
    return this.regions?.live() ?? [];
  }
  countRegions(on: boolean): void {
    this.regions?.count(on);
  }
  get countsRegions(): boolean {
    return this.regions?.isCounting === true;
  }
  statistics(): EngineStatistics {
    let instructions = 0;
    for (const { state } of this.vcpus.all) instructions += Number(state.u64('retired'));
    return {
      dispatches: Number(this.memory.view.getBigUint64(DISPATCHES, true)),
      instructions,
      blocksDecoded: this.cache.blocksDecoded,
      codeInvalidations: this.cache.invalidations,
      tlbMisses: this.mmu.misses,
      pauses: this.budget.pauses,
      ...(this.regions?.statistics() ?? NO_REGIONS),
    };
  }
}

function instantiate(memory: EngineMemory, module: WebAssembly.Module, imports: InterpreterImports): InterpreterExports {
  const engine = { memory: memory.wasm, ...imports } as unknown as Record<string, never>;
  return new WebAssembly.Instance(module, { engine }).exports as unknown as InterpreterExports;
}
