// The region compiler of an engine, by its tier.
import type { CodeCache } from '../code-cache';
import type { EngineConfig, Tier } from '../cpu-engine';
import type { InterpreterExports } from '../interpreter';
import { Regions } from '../jit/regions';
import type { PackedCatalogue } from '../packed-catalogue';
import type { SeenCode } from '../seen-code';
import type { EngineMemory } from '../vm-memory';
import type { EngineOptions } from './options';

const SAMPLING: Readonly<Record<Exclude<Tier, 'interpreter'>, { periodNs: number; threshold: number; eager: boolean }>> = {
  auto: { periodNs: 16_384, threshold: 16, eager: false },
  jit: { periodNs: 128, threshold: 1, eager: true },
};

interface RegionsAround {
  memory: EngineMemory;
  cache: CodeCache;
  catalogue: PackedCatalogue;
  exports: InterpreterExports;
  seen: SeenCode;
}

/** Compiled regions, told of code that dies; undefined: everything is interpreted. */
export function regionsOf(
  config: EngineConfig,
  options: EngineOptions,
  { memory, cache, catalogue, exports, seen }: RegionsAround,
): Regions | undefined {
  const tier = config.tier ?? 'interpreter';
  if (tier === 'interpreter') return undefined;
  const regions = new Regions({
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
  cache.onKill = (record) => regions.forget(record);
  cache.onFlush = () => regions.flush();
  cache.isCompiled = (record) => regions.contains(record);
  return regions;
}
