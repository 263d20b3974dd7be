// A bundled WebAssembly module with its machine code from the cache: nothing of it is compiled while the guest runs. Where there is none a process of its own makes it for the next start.
import { readFileSync } from 'node:fs';
import { NativeStore } from './native-store';
import { startMaker } from './start-maker';
import { moduleOf, usesNatives } from './v8-natives';

export function loadModule(path: string): WebAssembly.Module {
  const bytes = new Uint8Array(readFileSync(path));
  return keptModule(path, bytes) ?? new WebAssembly.Module(bytes);
}

function keptModule(path: string, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  if (!usesNatives()) return undefined;
  const store = new NativeStore(path);
  const code = store.load(bytes);
  if (code !== undefined) return moduleOf(code, bytes);
  if (store.claim()) startMaker('module', store, path);
  return undefined;
}
