// What an engine has compiled, for people who look at it.
import type { CpuEngine, Tier } from '../engine/cpu-engine';
import { ENTERED, type LiveRegion } from '../engine/jit/region-profile';
import { wasmText } from '../wasm/text';
import { ModeBit } from '../x86/layout';
import type { CompiledRegion, CompiledRegions, RegionEntry } from './control/region-types';

const bitnessOf = (mode: number): 16 | 32 | 64 => (mode & ModeBit.code64 ? 64 : mode & ModeBit.code32 ? 32 : 16);

const at = ({ linear }: LiveRegion, delta: number): bigint => BigInt.asUintN(64, linear + BigInt(delta));

function entryOf({ linear, blocks, module, counts }: LiveRegion): RegionEntry {
  const instructions = blocks.reduce((sum, block) => sum + block.instructions, 0);
  const entered = counts?.find(({ what }) => what === ENTERED)?.count;
  return { linear, blocks: blocks.length, instructions, bytes: module.length, entered };
}

function regionOf(region: LiveRegion): CompiledRegion {
  const { mode, blocks, module, counts = [] } = region;
  return {
    ...entryOf(region),
    bitness: bitnessOf(mode),
    code: blocks.map(({ delta, code }) => ({ linear: at(region, delta), bytes: code })),
    wasm: wasmText(module),
    left: counts.filter(({ what }) => what !== ENTERED).map(({ delta, what, count }) => ({ linear: at(region, delta), what, count })),
  };
}

export function compiledRegions(engine: CpuEngine, tier: Tier): CompiledRegions {
  return { tier, counting: engine.countsRegions, regions: engine.liveRegions().map(entryOf) };
}

export function regionsAt(engine: CpuEngine, linear: bigint): CompiledRegion[] {
  const isIn = (region: LiveRegion): boolean =>
    region.blocks.some(({ delta, code }) => {
      const offset = linear - at(region, delta);
      return offset >= 0n && offset < BigInt(code.length);
    });
  return engine.liveRegions().filter(isIn).map(regionOf);
}
