// The interpreters that the bundler left beside the scripts (dist/interpreter*.wasm), and compiled regions as they were kept; nothing of either when run from sources. VMs of one process share them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HostServices } from '../../machine/control/default-parts';
import { KeptModules } from '../../native-code/kept-modules';
import { loadModule } from '../../native-code/load-module';

const loaded = new Map<string, WebAssembly.Module>();
const fileOf = (shared: boolean): string => join(__dirname, shared ? 'interpreter-shared.wasm' : 'interpreter.wasm');

export function bundledInterpreters(shared: boolean): WebAssembly.Module | undefined {
  const file = fileOf(shared);
  const known = loaded.get(file);
  if (known !== undefined || !existsSync(file)) return known;
  const module = loadModule(file);
  loaded.set(file, module);
  return module;
}

const regions = existsSync(fileOf(false)) ? new KeptModules() : undefined;

export const bundledRegions: NonNullable<HostServices['moduleOf']> = (bytes) => regions?.moduleOf(bytes) ?? new WebAssembly.Module(bytes);
