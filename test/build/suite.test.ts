import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { countMocha, countSkipped, failingFiles, failures } from '../../src/build/mocha-report';
import { sideBySide } from '../../src/build/side-by-side';
import { runSuite } from '../../src/build/suite';

describe('a suite of npm test', () => {
  it("is counted by the end of mocha's report", () => {
    assert.deepEqual(countMocha('  ✔ 3 passing things\n\n  12 passing (3s)\n  2 pending\n  1 failing\n'), { passed: 12, failed: 1 });
    assert.deepEqual(countMocha('  7 passing (1m)\n'), { passed: 7, failed: 0 });
    assert.deepEqual(countMocha('no report'), { passed: 0, failed: 0 });
  });

  it('names the tests that were not run, and why', () => {
    const output =
      '  ....      not run: no dwz here\n  ,      not run: no dwz here\n      skipped: no gcc\n  ,,.\n  12 passing (3s)\n  3 pending\n';
    assert.deepEqual(countSkipped(output), { tests: 3, reasons: ['no dwz here', 'no gcc'] });
    assert.deepEqual(countSkipped('  7 passing (1m)\n'), { tests: 0, reasons: [] });
  });
});

describe("what failed, by mocha's report", () => {
  const output =
    '  .!\n\n  7 passing (1s)\n  2 failing\n\n  1) a\n       b:\n     Error: x\n      at test/a/b.test.ts:3:1\n\n  2) c:\n     took too long (/w/test/c.test.ts)\n';
  it('is told apart', () =>
    assert.deepEqual(
      failures(output).map((text) => text.trim().slice(0, 4)),
      ['1) a', '2) c'],
    ));
  it('names its files', () => assert.deepEqual(failingFiles(failures(output)), ['test/a/b.test.ts', 'test/c.test.ts']));
  it('is empty where nothing did', () => assert.deepEqual(failures('  7 passing (1m)\n'), []));
});

describe('a suite of files', () => {
  const mark = `${tmpdir()}/hyperscope-again-${process.pid}`;
  afterEach(() => rmSync(mark, { force: true }));

  const run = (script: string) =>
    runSuite({ name: 'files', command: ['node', '-e', script], counts: 'command', files: ['one'], env: { MARK: mark } });

  it('runs a file that failed once more, and says so', async () => {
    const result = await run(
      "const fs = require('fs'); if (!fs.existsSync(process.env.MARK)) { fs.writeFileSync(process.env.MARK, ''); process.exit(1); }",
    );
    assert.deepEqual([result.passed, result.failed, result.again], [1, 0, ['one']]);
  });

  it('runs two at the same time, and one that failed alone, told that it is the second time', async function () {
    if (availableParallelism() < 2) return this.skip();
    const script =
      "const fs = require('fs'); const [name] = process.argv.slice(1); const { MARK, HYPERSCOPE_TEST_AGAIN: again } = process.env; " +
      "fs.appendFileSync(MARK, name + (again ?? '') + ' '); if (again) process.exit(0); " +
      // The first waits until the second has begun: one after the other they would never end.
      "const end = () => process.exit(name === 'one' ? 1 : 0); setInterval(() => fs.readFileSync(MARK, 'utf8').includes('two') && end(), 5);";
    const env = { MARK: mark };
    const result = await runSuite({ name: 'files', command: ['node', '-e', script], counts: 'command', files: ['one', 'two'], env });
    assert.deepEqual([result.passed, result.failed, result.again], [2, 0, ['one']]);
    assert.match(readFileSync(mark, 'utf8'), / one1 $/);
  });

  it('fails where it fails again', async () => {
    const result = await run('process.exit(1)');
    assert.deepEqual([result.passed, result.failed, result.again], [0, 1, []]);
  });
});

describe('a suite of parts', () => {
  it('counts what all of them passed and failed', async () => {
    const result = await runSuite({
      name: 'parts',
      command: ['node', '-e', "console.log('  2 passing (1s)\\n  1 pending'); process.exit(process.argv[1] === 'bad' ? 1 : 0)"],
      counts: 'mocha',
      parts: ['one', 'bad', 'other'],
    });
    assert.deepEqual([result.passed, result.failed, result.skipped.tests], [6, 1, 3]);
  });

  it('runs what failed once more, with the same seed, and says so', async () => {
    const mark = `${tmpdir()}/hyperscope-part-${process.pid}`;
    const script =
      "const fs = require('fs'); const seen = fs.existsSync(process.env.MARK); fs.appendFileSync(process.env.MARK, process.env.HYPERSCOPE_TEST_SEED + ' '); " +
      "console.log(seen ? '  1 passing (1s)' : '  4 passing (1s)\\n  1 failing\\n\\n  1) x:\\n     at test/x.test.ts:1'); process.exit(seen ? 0 : 1)";
    const env = { MARK: mark, HYPERSCOPE_TEST_SEED: '7' };
    const result = await runSuite({ name: 'parts', command: ['node', '-e', script], counts: 'mocha', parts: ['one'], env });
    assert.deepEqual([result.passed, result.failed, result.again, result.failures.length], [5, 0, ['test/x.test.ts'], 1]);
    assert.equal(readFileSync(mark, 'utf8'), '7 7 ');
    rmSync(mark);
  });

  it('runs as many at once as there are places, each place one after the other, and keeps their order', async () => {
    const running = new Set<number>();
    let most = 0;
    const results = await sideBySide(
      [30, 1, 20, 5, 1],
      async (delay, place) => {
        assert.ok(!running.has(place));
        running.add(place);
        most = Math.max(most, running.size);
        await new Promise((done) => setTimeout(done, delay));
        running.delete(place);
        return delay;
      },
      2,
    );
    assert.deepEqual([results, most], [[30, 1, 20, 5, 1], 2]);
  });
});
