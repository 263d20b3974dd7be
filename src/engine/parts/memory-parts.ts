// The part of an engine that is about its memory, put together.
import { Decoder } from '../../x86/decode/decoder';
import { INSN_ROWS } from '../../x86/insn/rows';
import { AccessPath } from '../access';
import { CodeCache } from '../code-cache';
import type { EngineConfig } from '../cpu-engine';
import { buildCatalogue } from '../handlers';
import { Immediates } from '../immediates';
import { buildInterpreter } from '../interpreter';
import { Mmu } from '../mmu';
import { MonitoredLines } from '../monitored-lines';
import { PackedCatalogue } from '../packed-catalogue';
import { BreakpointPlaces } from '../run/breakpoint-places';
import { fetchedPage } from '../run/fetch-page';
import { StopPlaces } from '../run/stop-places';
import { Vcpus } from '../run/vcpus';
import { EngineMemory } from '../vm-memory';
import { Watchpoints } from '../watchpoints';
import type { EngineOptions } from './options';

/** Memory, and what depends on its content: decoded code, translations, stop points' places. The interpreter's module is compiled, not yet instantiated. */
export function memoryParts(config: EngineConfig, options: EngineOptions) {
  const memory = new EngineMemory(config.ramSize, config.maxRamSize, config.sharedMemory);
  const module = options.interpreter ?? new WebAssembly.Module(buildInterpreter(buildCatalogue(INSN_ROWS), config.sharedMemory));
  const catalogue = new PackedCatalogue(module, INSN_ROWS);
  const decoder = new Decoder(config.model.decodeRows(INSN_ROWS), catalogue.places);
  const rearm = (offset: number): void => {
    for (const vcpu of vcpus.all) vcpu.tlb.rearm(offset | 0);
  };
  const closeWrites = (offset: number): void => {
    for (const vcpu of vcpus.all) vcpu.tlb.closeWrites(offset | 0);
  };
  const cache: CodeCache = new CodeCache(
    memory,
    rearm,
    closeWrites,
    new MonitoredLines(memory, () => vcpus.all),
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
    fetchedPages: () => vcpus.all.flatMap(({ state }) => fetchedPage(memory, state)),
    close: () => {
      for (const { tlb } of vcpus.all) tlb.closeFetches();
    },
    forgetCode: (frame) => cache.forgetFrame(frame),
  });
  const vcpus: Vcpus = new Vcpus(memory, access, cache, places, watchpoints, config.hosts, config.vcpus, config.model, stopPlaces);
  memory.onWrite = written;
  memory.onFrameChange = (gfn) => {
    for (const vcpu of vcpus.all) vcpu.tlb.rearmFrame(gfn);
    access.dropFetchPage();
    cache.watchLines();
    stopPlaces.frameChanged(gfn);
  };
  return { memory, module, catalogue, decoder, cache, mmu, watchpoints, access, places, stopPlaces, vcpus };
}

export type MemoryParts = ReturnType<typeof memoryParts>;
