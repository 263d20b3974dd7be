// Machine code of a module kept between processes: made once by a process of its own, used where it is whole and of this module, and nothing is noticed where it is not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { hasNatives } from '../../src/native-code/v8-natives';
import { scratchFolder } from '../support/scratch';
import { moduleThatAdds } from './adds';

const HASH_BYTES = 32;
const SOURCE = resolve(__dirname, '../../src');
const USER = `import { setV8Flags } from '${SOURCE}/launcher/v8-flags';
import { loadModule } from '${SOURCE}/native-code/load-module';
setV8Flags();
const { f } = new WebAssembly.Instance(loadModule(process.argv[2]!)).exports;
console.log((f as (n: number) => number)(4));`;

describe('kept machine code of a WebAssembly module', function () {
  this.timeout(60_000);
  let folder: string;
  let caches: string;
  let file: string;

  before(function () {
    if (!hasNatives) this.skip();
  });
  beforeEach(() => {
    folder = scratchFolder();
    caches = join(folder, 'cache', 'hyperscope', 'native');
    file = join(folder, 'adds.wasm');
    const common = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    buildSync({ ...common, entryPoints: { 'native-code': join(SOURCE, 'native-code/maker.ts') }, outdir: folder });
    buildSync({ ...common, stdin: { contents: USER, loader: 'ts', resolveDir: SOURCE }, outfile: join(folder, 'user.js') });
    writeFileSync(file, moduleThatAdds(1));
  });

  const run = (more: NodeJS.ProcessEnv = {}, ...options: string[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [...options, join(folder, 'user.js'), file], {
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...more },
      encoding: 'utf8',
    });
    assert.deepEqual([stderr, status], ['', 0]);
    return stdout.trim();
  };
  const names = (): readonly string[] => (existsSync(caches) ? readdirSync(caches) : []);
  /** The one file of code, when whoever makes it is done. */
  const made = async (): Promise<string> => {
    while (!names().some((name) => name.endsWith('.code')) || names().some((name) => name.endsWith('.claim')))
      await new Promise((done) => setTimeout(done, 20));
    const [name, ...others] = names();
    assert.deepEqual(others, []);
    return join(caches, name!);
  };
  /** The same code as that of another module: V8 believes it, and what is answered tells where it came from. */
  const sealFor = (path: string, bytes: Uint8Array): void => {
    const code = readFileSync(path).subarray(HASH_BYTES);
    writeFileSync(path, Buffer.concat([createHash('sha256').update(bytes).update(code).digest(), code]));
  };

  it('is made by the first start for the next, in a folder of the user alone', async () => {
    assert.equal(run(), '5');
    const path = await made();
    assert.equal(statSync(caches).mode & 0o777, 0o700);
    const [seal, code] = [readFileSync(path).subarray(0, HASH_BYTES), readFileSync(path).subarray(HASH_BYTES)];
    assert.deepEqual(seal, createHash('sha256').update(moduleThatAdds(1)).update(code).digest());
    assert.equal(run(), '5');
  });

  it('is what runs then', async () => {
    run();
    const path = await made();
    writeFileSync(file, moduleThatAdds(2));
    sealFor(path, moduleThatAdds(2));
    assert.equal(run(), '5');
  });

  it('is not used for another module, or damaged anywhere, and is made anew', async () => {
    run();
    const path = await made();
    writeFileSync(file, moduleThatAdds(3));
    const wrong = readFileSync(path);
    for (const change of [() => {}, (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)]) {
      change(wrong);
      writeFileSync(path, wrong);
      assert.equal(run(), '7');
      while (readFileSync(path).equals(wrong)) await new Promise((done) => setTimeout(done, 20));
      await made();
      assert.equal(run(), '7');
    }
  });

  it('is made for each set of flags of V8', async () => {
    run();
    await made();
    assert.equal(run({}, '--no-wasm-bounds-checks'), '5');
    while (names().filter((name) => name.endsWith('.code')).length < 2) await new Promise((done) => setTimeout(done, 20));
    assert.equal(run({}, '--no-wasm-bounds-checks'), '5');
  });

  it('that V8 rejects is left as it is: it would be the same again', async () => {
    run();
    const path = await made();
    const rejected = readFileSync(path).fill(0, HASH_BYTES);
    writeFileSync(path, rejected);
    sealFor(path, moduleThatAdds(1));
    assert.equal(run(), '5');
    assert.deepEqual(names().length, 1);
  });

  it('is made by one process at a time, and again after one that was killed', async () => {
    run();
    const claim = `${(await made()).slice(0, -'.code'.length)}.claim`;
    writeFileSync(join(caches, claim.slice(caches.length + 1)), '');
    writeFileSync(file, moduleThatAdds(4));
    assert.equal(run(), '8');
    assert.equal(names().length, 2);
    writeFileSync(claim, `${process.pid}`);
    assert.equal(run(), '8');
    assert.equal(readFileSync(claim, 'utf8'), `${process.pid}`);
    utimesSync(claim, 1, 1);
    assert.equal(run(), '8');
    const path = await made();
    sealFor(path, moduleThatAdds(5));
    writeFileSync(file, moduleThatAdds(5));
    assert.equal(run(), '8');
  });

  it('is neither made nor used where that is switched off, nor where others may write', async () => {
    assert.equal(run({ HYPERSCOPE_CODE_CACHE: 'off' }), '5');
    assert.ok(!existsSync(caches));
    run();
    const path = await made();
    writeFileSync(file, moduleThatAdds(6));
    sealFor(path, moduleThatAdds(6));
    assert.equal(run({ HYPERSCOPE_CODE_CACHE: 'off' }), '10');
    if (process.platform === 'win32') return;
    chmodSync(caches, 0o777);
    assert.equal(run(), '10');
    assert.deepEqual(names(), [path.slice(caches.length + 1)]);
  });

  it('is done without where text cannot be made code, by which alone V8 gives it out', () => {
    assert.equal(run({}, '--disallow-code-generation-from-strings'), '5');
    assert.deepEqual(names(), []);
  });

  it('is done without where the folder cannot be made', () => {
    writeFileSync(join(folder, 'cache'), 'a file');
    assert.equal(run(), '5');
  });
});
