// The interpreters that the bundler left beside the scripts (dist/interpreter*.wasm); none when run from sources.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Interpreters } from '../../machine/control/default-parts';

export const bundledInterpreters: Interpreters = (shared) => {
  const file = join(__dirname, shared ? 'interpreter-shared.wasm' : 'interpreter.wasm');
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
};
