// The CPU engine: decoded blocks run in the generated interpreter, everything else (helpers, faults, interrupts, border, budget) in run/, at exact instruction
// counts. Invariant: `run` is the same whether it is cut into many runs or not. Here the parts are put together, and the machine's requests go to them.
import type { SavedValue } from '../base/saved';
import { PAGE_SIZE, RAM_BASE } from '../x86/layout';
import type { CpuModel } from '../x86/models/cpu-model';
import { randomStart } from '../x86/system/random';
import { resetState, startupState } from '../x86/system/reset';
import type { VcpuState } from '../x86/vcpu-state';
import type { CodeCache } from './code-cache';
import type {
  CpuEngine,
  EngineConfig,
  EngineReturn,
  EngineStatistics,
  InstructionObserver,
  PeriodicLooks,
  TranslateResult,
  WatchHit,
  Watchpoint,
} from './cpu-engine';
import type { InterpreterExports } from './interpreter';
import type { LiveRegion, RegionReport } from './jit/region-profile';
import type { Regions } from './jit/regions';
import { forgetRoots } from './known-roots';
import type { Mmu } from './mmu';
import { memoryParts } from './parts/memory-parts';
import type { EngineOptions } from './parts/options';
import { runParts } from './parts/run-parts';
import { peekInto, peekTranslate } from './peek';
import { DISPATCHES, SAMPLE } from './record';
import { fetchedPage, forgetFetchPage, readFetchPage } from './run/fetch-page';
import type { HelperRunner } from './run/helper-runner';
import type { Looks } from './run/looks';
import type { Observation } from './run/observation';
import type { PortTable } from './run/port-table';
import type { RunBudget, RunKind } from './run/run-budget';
import type { RunLoop } from './run/run-loop';
import { restoreVcpu, saveVcpu } from './run/saved-vcpu';
import type { StopPlaces } from './run/stop-places';
import type { StopPoints } from './run/stop-points';
import type { Vcpus } from './run/vcpus';
import { isWakeable } from './run/wakeable';
import { SAMPLED_STACK_BYTES, UNSAMPLED } from './sample-emitter';
import type { SeenCode } from './seen-code';
import { StackTable } from './stack-table';
import type { EngineMemory } from './vm-memory';
import type { Watchpoints } from './watchpoints';
import type { FirstWrite } from './write-log';

const NO_REGIONS = {
  ...{ compiledInstructions: 0, regionsCompiled: 0, regionsLive: 0, regionsDropped: 0, regionBytes: 0, regionCompileMs: 0 },
} as const;

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
  readonly stackTable: StackTable;
  private readonly takeSample: InterpreterExports['sample'];

  constructor(config: EngineConfig, options: EngineOptions) {
    this.vcpuCount = config.vcpus;
    this.model = config.model;
    const parts = memoryParts(config, options);
    const { memory, cache, mmu, watchpoints, access, stopPlaces, vcpus } = parts;
    [this.memory, this.cache, this.mmu] = [memory, cache, mmu];
    [this.vcpus, this.stopPlaces, this.watchpoints] = [vcpus, stopPlaces, watchpoints];
    this.stackTable = new StackTable(memory);
    const run = runParts(config, options, parts, (vcpu) => this.onLook(vcpu));
    [this.loop, this.looks, this.budget, this.takeSample] = [run.loop, run.looks, run.budget, run.takeSample];
    [this.stops, this.observation, this.seen] = [run.stops, run.observation, run.seen];
    [this.helpers, this.ports, this.regions] = [run.helpers, run.ports, run.regions];

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
  sample(vcpu: number, stackBytes: number, back = 0): number {
    return stackBytes > SAMPLED_STACK_BYTES ? UNSAMPLED : this.takeSample(this.state(vcpu).base, stackBytes, SAMPLE, back);
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
