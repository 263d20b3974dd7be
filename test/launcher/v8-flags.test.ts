// What V8 is told about its compilers reaches them: it is asked by its own statistics, in a process that compiles one huge function.
import { ok, strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const source = (path: string): string => JSON.stringify(resolve(__dirname, '../../src', path));
const script = (tuned: boolean): string => `
  const { ModuleBuilder } = require(${source('wasm/module')});
  if (${tuned}) require(${source('launcher/v8-flags')}).setV8Flags();
  const module = new ModuleBuilder();
  const { code } = module.func(['i32'], ['i32'], 'run');
  const value = code.local('i32');
  for (let i = 0; i < 9000; i++) code.get(value).get(0).op('i32.mul').i32(i | 1).op('i32.add').set(value);
  code.get(value);
  new WebAssembly.Module(module.build());`;

/** The phases of compiling it. */
function phases(tuned: boolean): string {
  const options = ['--require', 'tsx/cjs', '--no-liftoff', '--no-wasm-lazy-compilation', '--turbo-stats-wasm'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...options, '-e', script(tuned)], { encoding: 'utf8' });
  strictEqual(status, 0, stderr);
  strictEqual(stderr, '', 'every flag is known');
  return stdout;
}

describe('V8 tuned for WebAssembly', () => {
  it('gives registers in huge functions out by its best way', function () {
    if (!process.versions.v8.startsWith('11.')) this.skip();
    ok(phases(false).includes('MidTierRegisterAllocator'), 'without being told it does not');
    const tuned = phases(true);
    ok(tuned.includes('RegisterAllocation') && !tuned.includes('MidTierRegisterAllocator'));
  });
});
