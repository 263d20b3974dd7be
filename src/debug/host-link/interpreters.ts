// The interpreters that the bundler left beside the scripts (dist/interpreter*.wasm); none when run from sources. VMs of one process share them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Interpreters } from '../../machine/control/default-parts';
import { loadModule } from '../../native-code/load-module';

const loaded = new Map<string, WebAssembly.Module>();

export const bundledInterpreters: Interpreters = (shared) => {
  const file = join(__dirname, shared ? 'interpreter-shared.wasm' : 'interpreter.wasm');
  const known = loaded.get(file);
  if (known !== undefined || !existsSync(file)) return known;
  const module = loadModule(file);
  loaded.set(file, module);
  return module;
};
