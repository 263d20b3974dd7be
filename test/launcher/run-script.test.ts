// The launcher of the bundled scripts: a script runs as it would without V8's code cache, the cache is used and made as it should be, and nothing that is wrong with it is noticed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { scratchFolder } from '../support/scratch';

const HASH_BYTES = 32;
const MADE_AFTER = HASH_BYTES;

describe('the launcher of a bundled script', function () {
  this.timeout(60_000);
  let folder: string;
  let caches: string;
  let main: string;

  beforeEach(() => {
    folder = scratchFolder();
    caches = join(folder, 'cache', 'hyperscope', 'scripts');
    main = join(folder, 'cli-main.js');
    buildSync({
      entryPoints: ['cli', 'engine-worker'].map((name) => resolve(__dirname, `../../src/launcher/${name}.ts`)),
      outdir: folder,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
  });

  const environment = (more: NodeJS.ProcessEnv = {}) => ({ ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...more });
  function run(more: NodeJS.ProcessEnv = {}, ...args: string[]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'cli.js'), ...args], {
      env: environment(more),
      encoding: 'utf8',
    });
    return { stdout, stderr, status };
  }
  const says = (text: string) => {
    const { stdout, stderr, status } = run();
    assert.deepEqual({ stdout, stderr, status }, { stdout: text, stderr: '', status: 0 });
  };
  const kept = (): string => {
    const [name, ...others] = readdirSync(caches);
    assert.deepEqual(others, []);
    return join(caches, name!);
  };
  const hashOf = (file: Uint8Array) => createHash('sha256').update(readFileSync(main)).update(file.subarray(HASH_BYTES)).digest();
  const isWhole = (file: Uint8Array) => Buffer.compare(hashOf(file), file.subarray(0, HASH_BYTES)) === 0;
  /** As one that was made by a run of this script would be. */
  const changeKept = (change: (file: Buffer) => void) => {
    const file = readFileSync(kept());
    change(file);
    hashOf(file).copy(file);
    writeFileSync(kept(), file);
  };

  it('runs it as Node does, with a cache and without one', () => {
    writeFileSync(
      main,
      `const where = () => new Error("here").stack.split("\\n")[1].trim(); console.log(where());
       console.log(__filename, __dirname, require("node:path").sep, require.resolve("./cli-main.js"));
       exports.told = 1; console.log(module.exports.told, process.argv.slice(1), typeof this);
       process.on("exit", (code) => console.log("exit", code));
       if (process.argv[2] === "fails") throw new TypeError("as it should");
       process.exitCode = 3;`,
    );
    for (const args of [[], ['fails']]) {
      const plain = run({ HYPERSCOPE_CODE_CACHE: 'off' }, ...args);
      assert.match(plain.stdout, /^at where \(.*cli-main\.js:1:21\)\n/);
      const first = run({}, ...args);
      assert.equal(first.stdout, plain.stdout);
      assert.equal(first.status, plain.status);
      const second = run({}, ...args);
      assert.deepEqual(second, first);
      if (args.length) assert.match(second.stderr, /cli-main\.js:5\n[\s\S]*TypeError: as it should\n\s+at .*cli-main\.js:5:47/);
    }
  });

  it('keeps what was compiled in a folder of the user alone, and runs that', () => {
    writeFileSync(main, 'console.log("one");');
    says('one\n');
    assert.equal(statSync(caches).mode & 0o777, 0o700);
    assert.ok(isWhole(readFileSync(kept())));
    // V8 takes code for that of any script of the same length: what is printed tells where it came from.
    writeFileSync(main, 'console.log("two");');
    changeKept(() => {});
    says('one\n');
  });

  it('does without code of another script, or code that was damaged anywhere, and makes it anew', () => {
    writeFileSync(main, 'console.log("one");');
    says('one\n');
    writeFileSync(main, 'console.log("two");');
    says('two\n');
    const whole = readFileSync(kept());
    assert.ok(isWhole(whole));
    for (const damage of [0, HASH_BYTES + 3, HASH_BYTES + 8, HASH_BYTES + 20, whole.length >> 1, whole.length - 1]) {
      const file = Buffer.from(whole);
      file[damage]! ^= 0x40;
      writeFileSync(kept(), file);
      says('two\n');
      assert.ok(isWhole(readFileSync(kept())), `byte ${damage}`);
    }
    for (const length of [0, 5, HASH_BYTES + 16, whole.length - 1]) {
      writeFileSync(kept(), whole.subarray(0, length));
      says('two\n');
      assert.ok(isWhole(readFileSync(kept())), `${length} bytes`);
    }
  });

  it('does without code that V8 rejects, and makes it anew', () => {
    writeFileSync(main, 'console.log("one");');
    says('one\n');
    changeKept((file) => file.fill(0, HASH_BYTES + 16));
    const rejected = readFileSync(kept());
    says('one\n');
    assert.notDeepEqual(readFileSync(kept()), rejected);
  });

  it('makes it anew after a run that took longer by far, and not after others', () => {
    writeFileSync(main, 'console.log("one");');
    says('one\n');
    const madeAfter = (file: Buffer) => file.readDoubleLE(MADE_AFTER);
    const first = madeAfter(readFileSync(kept()));
    assert.ok(first > 0 && first < 10_000, `${first} ms`);
    says('one\n');
    assert.equal(madeAfter(readFileSync(kept())), first);
    changeKept((file) => file.writeDoubleLE(0.5, MADE_AFTER));
    says('one\n');
    assert.ok(madeAfter(readFileSync(kept())) > 2);
  });

  it('makes it anew after a run that compiled much which is not in it, once', () => {
    const other = Array.from(
      { length: 2000 },
      (_, i) => `const f${i} = (a, b) => { let c = a; for (let i = 0; i < b; i++) c += a * i - ${i}; return c; }; f${i}(1, 2);`,
    );
    writeFileSync(main, `console.log("ran"); if (process.argv[2] === "other") { const other = () => { ${other.join('')} }; other(); }`);
    const keptAfter = (...args: string[]) => {
      assert.equal(run({}, ...args).stdout, 'ran\n');
      return readFileSync(kept());
    };
    const first = keptAfter();
    assert.deepEqual(keptAfter(), first);
    const both = keptAfter('other');
    assert.ok(both.length > first.length + 100_000, `${both.length} bytes, ${first.length} before`);
    for (const args of [['other'], [], ['other']]) assert.deepEqual(keptAfter(...args), both);
  });

  it('does nothing where it cannot write, where others may write, or when it is switched off', function () {
    writeFileSync(main, 'console.log("one");');
    assert.equal(run({ HYPERSCOPE_CODE_CACHE: 'off' }).stdout, 'one\n');
    assert.ok(!existsSync(caches));
    writeFileSync(join(folder, 'cache'), 'a file');
    says('one\n');
    if (process.platform === 'win32') this.skip();
    const { stdout } = run({ XDG_CACHE_HOME: join(folder, 'other') });
    assert.equal(stdout, 'one\n');
    caches = join(folder, 'other', 'hyperscope', 'scripts');
    writeFileSync(main, 'console.log("two");');
    changeKept(() => {});
    assert.equal(run({ XDG_CACHE_HOME: join(folder, 'other') }).stdout, 'one\n');
    chmodSync(caches, 0o770);
    assert.equal(run({ XDG_CACHE_HOME: join(folder, 'other') }).stdout, 'two\n');
  });

  it('keeps it while the process runs, too, for one that is killed, and for a worker thread', async () => {
    writeFileSync(
      main,
      `new (require("node:worker_threads").Worker)(require("node:path").join(__dirname, "engine-worker.js")).on("message", console.log);`,
    );
    writeFileSync(
      join(folder, 'engine-worker-main.js'),
      'require("node:worker_threads").parentPort.postMessage("from the worker"); setInterval(() => {}, 1000);',
    );
    mkdirSync(caches, { recursive: true, mode: 0o700 });
    const child = spawn(process.execPath, [join(folder, 'cli.js')], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    try {
      while (readdirSync(caches).filter((name) => name.endsWith('.v8')).length < 2) await new Promise((done) => setTimeout(done, 50));
    } finally {
      child.kill('SIGKILL');
    }
    assert.equal(text, 'from the worker\n');
  });
});
