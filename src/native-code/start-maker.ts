// Starts the process that makes machine code for the cache (dist/native-code.js). It goes on by itself when this one ends,
// and when what is typed on a terminal ends this one.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { NativeStore } from './native-store';

/** V8's flags make other code; a debugger, a profiler or a loader of sources is not for the maker. */
const OF_V8 = /^--(?!inspect|cpu-prof|heap-prof|require|import|loader|experimental-loader|eval|print|test)/;

/** `of`: as maker.ts says. The store's claim is the maker's then. */
export function startMaker(what: 'module' | 'pack', store: NativeStore, of: string): void {
  const options = process.execArgv.filter((option) => OF_V8.test(option));
  const maker = spawn(process.execPath, [...options, join(__dirname, 'native-code.js'), what, store.name, of], {
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
    // The program of a desktop editor is Node only when it is told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  maker.on('error', () => {});
  maker.unref();
  if (maker.pid === undefined) return;
  store.handOver(store.name, maker.pid);
  try {
    setPriority(maker.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already.
  }
}
