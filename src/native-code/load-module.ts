// A bundled WebAssembly module with its machine code from the cache: nothing of it is compiled while the guest runs. Where there is none a process of its own makes it for the next start.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { NativeStore } from './native-store';
import { hasNatives, moduleOf } from './v8-natives';

/** V8's flags make other code; a debugger, a profiler or a loader of sources is not for the maker. */
const OF_V8 = /^--(?!inspect|cpu-prof|heap-prof|require|import|loader|experimental-loader|eval|print|test)/;

export function loadModule(path: string): WebAssembly.Module {
  const bytes = new Uint8Array(readFileSync(path));
  return keptModule(path, bytes) ?? new WebAssembly.Module(bytes);
}

function keptModule(path: string, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  if (!hasNatives || process.env.HYPERSCOPE_CODE_CACHE === 'off') return undefined;
  const store = new NativeStore(path);
  const code = store.load(bytes);
  if (code !== undefined) return moduleOf(code, bytes);
  if (store.claim()) make(path, store.name);
  return undefined;
}

/** Goes on by itself when this process ends. */
function make(path: string, name: string): void {
  const maker = spawn(
    process.execPath,
    [...process.execArgv.filter((option) => OF_V8.test(option)), join(__dirname, 'native-code.js'), path, name],
    {
      stdio: 'ignore',
      windowsHide: true,
      // The program of a desktop editor is Node only when it is told so.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    },
  );
  maker.on('error', () => {});
  maker.unref();
  try {
    setPriority(maker.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already, or was never there.
  }
}
