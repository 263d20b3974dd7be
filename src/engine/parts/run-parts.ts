// The part of an engine that runs code, put together.
import { BlockBuilder, type BuilderHooks } from '../block-builder';
import type { EngineConfig } from '../cpu-engine';
import type { InterpreterExports, InterpreterImports } from '../interpreter';
import { BlockRun } from '../run/block-run';
import { BranchLinks } from '../run/branch-links';
import { CheckedAddress } from '../run/checked-address';
import { CodeFetch } from '../run/code-fetch';
import { CodeFinder } from '../run/code-finder';
import { Deliveries } from '../run/deliveries';
import { Executor } from '../run/executor';
import { ExitRepeats } from '../run/exit-repeats';
import { GoOn } from '../run/go-on';
import { HelperRunner } from '../run/helper-runner';
import { interpreterImports } from '../run/imports';
import { InPlace } from '../run/in-place';
import { Looks } from '../run/looks';
import { Observation } from '../run/observation';
import { PendingFault } from '../run/pending-fault';
import { PortTable } from '../run/port-table';
import { QuickCells } from '../run/quick-cells';
import { RunBudget } from '../run/run-budget';
import { RunLoop } from '../run/run-loop';
import { StackFault } from '../run/stack-fault';
import { StopPoints } from '../run/stop-points';
import { unitFault } from '../run/unit-fault';
import { SeenCode } from '../seen-code';
import type { EngineMemory } from '../vm-memory';
import type { MemoryParts } from './memory-parts';
import type { EngineOptions } from './options';
import { regionsOf } from './regions-of';

/** What runs vCPUs on such memory. `onLook`: CpuEngine's. */
export function runParts(config: EngineConfig, options: EngineOptions, parts: MemoryParts, onLook: (vcpu: number) => number) {
  const { memory, module, catalogue, decoder, cache, mmu, watchpoints, access, places, stopPlaces, vcpus } = parts;
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
  const quick = new QuickCells(memory, budget, stops, observation, ports, new ExitRepeats(memory));
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
  // State is exact before the host is called in the middle of an instruction.
  access.onHostCall = () => {
    ports.forget();
    if (access.isolated) exports.materialiseFlags();
  };

  access.onCodeApart = (before) => inPlace.diedApart(before);

  const seen = new SeenCode(memory, cache, links);
  const regions = regionsOf(config, options, { memory, cache, catalogue, exports, seen });
  seen.regions = regions;
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
  const loop = new RunLoop(budget, deliveries, executor, quick, looks, onLook);
  return { loop, looks, budget, stops, observation, seen, helpers, ports, regions, takeSample: exports.sample };
}

function instantiate(memory: EngineMemory, module: WebAssembly.Module, imports: InterpreterImports): InterpreterExports {
  const engine = { memory: memory.wasm, ...imports } as unknown as Record<string, never>;
  return new WebAssembly.Instance(module, { engine }).exports as unknown as InterpreterExports;
}
