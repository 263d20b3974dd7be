// Modules made while a guest runs: those of one run are a pack, which the next run uses and adds to.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { packOf, partsOf } from '../../src/native-code/module-pack';
import { hasNatives } from '../../src/native-code/v8-natives';
import { SealedStore } from '../../src/user-cache/sealed-store';
import { scratchFolder } from '../support/scratch';
import { moduleThatAdds } from './adds';

const HASH_BYTES = 32;
const SOURCE = resolve(__dirname, '../../src');
/** Arguments: what each module adds; then it says what each makes of 4, and waits where it is told to. */
const USER = `import { setV8Flags } from '${SOURCE}/launcher/v8-flags';
import { KeptModules } from '${SOURCE}/native-code/kept-modules';
import { moduleThatAdds } from '${resolve(__dirname, 'adds')}';
setV8Flags();
const modules = new KeptModules();
const answers = process.argv.slice(2).map((added) => {
  const { f } = new WebAssembly.Instance(modules.moduleOf(moduleThatAdds(Number(added)))).exports;
  return (f as (n: number) => number)(4);
});
console.log(answers.join());
if (process.env.STAYS) setInterval(() => {}, 1000);`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('kept machine code of compiled regions', function () {
  this.timeout(60_000);
  let folder: string;
  let caches: string;

  before(function () {
    if (!hasNatives) this.skip();
  });
  beforeEach(() => {
    folder = scratchFolder();
    caches = join(folder, 'cache', 'hyperscope', 'native');
    const common = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
    buildSync({ ...common, entryPoints: { 'native-code': join(SOURCE, 'native-code/maker.ts') }, outdir: folder });
    buildSync({ ...common, stdin: { contents: USER, loader: 'ts', resolveDir: SOURCE }, outfile: join(folder, 'user.js') });
  });

  const environment = (more: NodeJS.ProcessEnv = {}) => ({ ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...more });
  const run = (...added: readonly number[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'user.js'), ...added.map(String)], {
      env: environment(),
      encoding: 'utf8',
    });
    assert.deepEqual([stderr, status], ['', 0]);
    return stdout.trim();
  };
  const names = (): readonly string[] => (existsSync(caches) ? readdirSync(caches) : []);
  /** The packs, when whoever makes one is done. */
  const packs = async (count: number): Promise<readonly string[]> => {
    while (names().length !== count || names().some((name) => !name.endsWith('.code'))) await new Promise((done) => setTimeout(done, 20));
    return names().map((name) => join(caches, name));
  };
  const partsOfFile = (path: string) => partsOf(readFileSync(path).subarray(HASH_BYTES));

  it('is made at the end of a run, a pack for each first module', async () => {
    assert.equal(run(1, 2, 3), '5,6,7');
    const [path] = await packs(1);
    assert.equal(partsOfFile(path!).size, 3);
    assert.equal(run(4, 2), '8,6');
    const sizes = (await packs(2)).map((each) => partsOfFile(each).size);
    assert.deepEqual(sizes.toSorted(), [2, 3]);
  });

  it('is what runs then', async () => {
    run(1, 2);
    const [path] = await packs(1);
    const parts = [...partsOfFile(path!)];
    // Each has the other's code: what is answered tells where it came from.
    const crossed = new Map(parts.map(([name], i) => [name, parts[1 - i]![1]]));
    const { createHash } = await import('node:crypto');
    const first = Buffer.from(createHash('sha256').update(moduleThatAdds(1)).digest('hex'));
    new SealedStore(caches, '.code', 1 << 20).save(path!.slice(caches.length + 1, -'.code'.length), first, packOf(crossed));
    assert.equal(run(1, 2), '6,5');
    const damaged = readFileSync(path!);
    damaged[damaged.length >> 1]! ^= 1;
    writeFileSync(path!, damaged);
    assert.equal(run(1, 2), '5,6');
  });

  it('grows by what another run makes, and keeps what was used last', async () => {
    run(1, 2, 3);
    const [path] = await packs(1);
    const before = [...partsOfFile(path!).keys()];
    run(1, 5, 3);
    while (partsOfFile(path!).size < 4) await new Promise((done) => setTimeout(done, 20));
    await packs(1);
    const after = [...partsOfFile(path!).keys()];
    assert.deepEqual(after.slice(0, 2), [before[0], before[2]]);
    assert.equal(after[3], before[1]);
    const whole = readFileSync(path!);
    assert.equal(run(1, 2, 3, 5), '5,6,7,9');
    assert.deepEqual(await packs(1), [path]);
    assert.ok(readFileSync(path!).equals(whole));
  });

  it('is made while a process runs, too, for one that is killed', async () => {
    const child = spawn(process.execPath, [join(folder, 'user.js'), '1'], { env: environment({ STAYS: '1' }), stdio: 'ignore' });
    try {
      await packs(1);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('is made though whoever wants it is killed with its terminal, and after all where its maker is killed, too', async function () {
    if (process.platform === 'win32') this.skip();
    const claims = () => names().flatMap((name) => (name.endsWith('.claim') ? [readFileSync(join(caches, name), 'utf8')] : []));
    /** To its end, in a group of its own, whose last is killed then. */
    const runGroup = async (...added: readonly string[]): Promise<void> => {
      const child = spawn(process.execPath, [join(folder, 'user.js'), ...added], { env: environment(), stdio: 'ignore', detached: true });
      await once(child, 'exit');
      assert.throws(() => process.kill(-child.pid!, 'SIGKILL'), { code: 'ESRCH' });
    };
    await runGroup('1');
    await packs(1);
    await runGroup('1', '2');
    const [maker] = claims();
    process.kill(Number(maker), 'SIGKILL');
    while (claims().length > 0 && isAlive(Number(maker))) await new Promise((done) => setTimeout(done, 5));
    assert.deepEqual(claims(), [maker]);
    run(1, 2);
    assert.notDeepEqual(claims(), [maker]);
    const [path] = await packs(1);
    assert.equal(partsOfFile(path!).size, 2);
  });

  it('is done without where what is to be made cannot be written', async () => {
    run(1);
    const [path] = await packs(1);
    mkdirSync(path!.replace(/code$/, 'work'));
    assert.equal(run(1, 2), '5,6');
  });

  it('is done without where the folder cannot be made', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cache'), 'a file');
    assert.equal(run(1, 2), '5,6');
  });
});
