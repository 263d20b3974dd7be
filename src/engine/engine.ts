// Makes the CPU engine of a VM with all helpers.
import { INSN_ROWS } from '../x86/insn/rows';
import type { CpuEngine, EngineConfig } from './cpu-engine';
import { buildCatalogue } from './handlers';
import { HELPERS } from './helpers';
import { buildInterpreter } from './interpreter';
import { WasmEngine } from './wasm-engine';

export function createCpuEngine(config: EngineConfig, describe?: (bytes: Uint8Array, mode: number) => string): CpuEngine {
  return new WasmEngine(config, describe ? { helpers: HELPERS, describe } : { helpers: HELPERS });
}

/** The interpreter's WebAssembly module, the same for every VM with this kind of memory: a build can make it once. */
export function interpreterModule(sharedMemory: boolean): Uint8Array<ArrayBuffer> {
  return buildInterpreter(buildCatalogue(INSN_ROWS), sharedMemory);
}
