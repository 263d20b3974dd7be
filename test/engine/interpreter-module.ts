// The interpreter's module for tests: the same for every machine, and a second's work.
import { buildCatalogue } from '../../src/engine/handlers';
import { buildInterpreter } from '../../src/engine/interpreter';
import { INSN_ROWS } from '../../src/x86/insn/rows';

const modules = new Map<boolean, WebAssembly.Module>();

export function interpreterModule(sharedMemory: boolean): WebAssembly.Module {
  const known = modules.get(sharedMemory) ?? new WebAssembly.Module(buildInterpreter(buildCatalogue(INSN_ROWS), sharedMemory));
  modules.set(sharedMemory, known);
  return known;
}
