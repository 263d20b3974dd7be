// Makes the CPU engine of a VM with all helpers.
import type { CpuEngine, EngineConfig } from './cpu-engine';
import { HELPERS } from './helpers';
import { WasmEngine } from './wasm-engine';

export function createCpuEngine(config: EngineConfig, describe?: (bytes: Uint8Array, mode: number) => string): CpuEngine {
  return new WasmEngine(config, describe ? { helpers: HELPERS, describe } : { helpers: HELPERS });
}
