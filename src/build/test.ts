// npm test: sets up, builds, runs every suite, and closes with "N passed, N failed". Options: --allow-missing, --only NAME.
import { readdirSync } from 'node:fs';
import { testSeed } from '../../test/support/seed';
import { makePackage } from './package';
import { root } from './paths';
import { bundle } from './run-bundle';
import { needs, provide } from './setup';
import { runSuite, type Suite, type SuiteResult } from './suite';
import { installWorkbench } from './workbench-install';

const hasTests = (folder: string): boolean =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.test.ts'));
const mochaConfig = ['--config', 'test/workbench/.mocharc.cjs'];
/** What takes longest comes first, so that no processor waits at the end for one long part. */
const rankIn = (longest: readonly string[], name: string): number => (longest.includes(name) ? longest.indexOf(name) : longest.length);

const LONGEST_FILES = [
  'panels',
  'stop-holds',
  'past',
  'million-rows',
  'machine-panels',
  'first-f5',
  'panel-tools',
  'table',
  'two-vms',
  'vcpus',
];
const browserTests = 'test/workbench/browser';
const browserFiles = readdirSync(`${root}/${browserTests}`)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => name.replace('.test.ts', ''))
  .sort((a, b) => rankIn(LONGEST_FILES, a) - rankIn(LONGEST_FILES, b))
  .map((name) => `${browserTests}/${name}.test.ts`);

/** The unit tests by folder. */
const LONGEST = ['differential', 'guests', 'dap', 'proof', 'engine', 'machine', 'gdb', 'debug', 'cli', 'x86', 'pv', 'samples', 'symbols'];
const unitFolders = readdirSync(`${root}/test`)
  .filter((folder) => !['workbench', 'campaign'].includes(folder) && hasTests(`${root}/test/${folder}`))
  .sort((a, b) => rankIn(LONGEST, a) - rankIn(LONGEST, b))
  .map((folder) => `test/${folder}/**/*.test.ts`);

/** In this order. A new suite is one row. */
const suites: readonly Suite[] = [
  { name: 'typecheck', command: ['npm', 'run', '-s', 'typecheck'], counts: 'command' },
  { name: 'lint', command: ['npm', 'run', '-s', 'lint'], counts: 'command' },
  { name: 'layers', command: ['npm', 'run', '-s', 'layers'], counts: 'command' },
  { name: 'knip', command: ['npm', 'run', '-s', 'knip'], counts: 'command' },
  { name: 'unit', command: ['mocha'], parts: unitFolders, counts: 'mocha', needs: ['gcc', 'make'], wants: ['g++', 'gdb', 'dwz'] },
  { name: 'package', command: ['mocha', ...mochaConfig, 'test/workbench/package.test.ts'], counts: 'mocha' },
  { name: 'extension host', command: ['tsx', 'test/workbench/host/run.ts'], counts: 'mocha', needs: ['chromium'] },
  { name: 'browser', command: ['mocha', ...mochaConfig], files: browserFiles, counts: 'mocha', needs: ['chromium'] },
];

/** Of what mocha says of one failed test. */
const FAILURE_CHARACTERS = 3000;

async function test(args: readonly string[]): Promise<number> {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const chosen = suites.filter(({ name }) => only === undefined || name === only);
  const wanted = Object.entries(needs).filter(([name]) =>
    chosen.some((suite) => [...(suite.needs ?? []), ...(suite.wants ?? [])].includes(name)),
  );
  const missing = (await provide(wanted.map(([, need]) => need))).map(({ program }) => program);
  const start = Date.now();
  // One seed for all that is random: a file that fails is run again with the same numbers.
  process.env.HYPERSCOPE_TEST_SEED = String(testSeed());
  console.log(`HYPERSCOPE_TEST_SEED=${process.env.HYPERSCOPE_TEST_SEED}`);
  await bundle();
  // The browser suite installs the package that the suite before it made.
  if (chosen.some(({ name }) => name === 'browser') && !chosen.some(({ name }) => name === 'package')) await makePackage();
  if (chosen.some((suite) => suite.needs?.includes('chromium'))) await installWorkbench(console.log);
  const results: SuiteResult[] = [];
  const notRun: string[] = [];
  for (const suite of chosen) {
    const lacking = suite.needs?.filter((name) => missing.includes(name)) ?? [];
    const wanting = suite.wants?.filter((name) => missing.includes(name)) ?? [];
    if (wanting.length) console.log(`tests of ${suite.name} that want ${wanting.join(', ')} skip themselves`);
    if (lacking.length) notRun.push(`${suite.name} (needs ${lacking.join(', ')})`);
    else results.push(await runSuite(suite));
  }
  return close(results, missing, notRun, (Date.now() - start) / 1000, args.includes('--allow-missing'));
}

function close(
  results: readonly SuiteResult[],
  missing: readonly string[],
  notRun: readonly string[],
  seconds: number,
  allowMissing: boolean,
): number {
  console.log('\n=== suites');
  for (const { name, passed, failed, seconds: took } of results)
    console.log(
      `${name.padEnd(16)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${took.toFixed(1).padStart(8)} s`,
    );
  for (const { again } of results) for (const file of again ?? []) console.log(`  passed only when it was run again: ${file}`);
  // Once more at the end: of a long output often only the end is kept.
  for (const { name, failures } of results) for (const text of failures) console.log(`\n${name}\n${text.slice(0, FAILURE_CHARACTERS)}`);
  console.log(`${'all'.padEnd(16)} ${' '.repeat(26)} ${seconds.toFixed(1).padStart(8)} s`);
  if (missing.length) console.log(`missing: ${missing.join(', ')} (as root they are installed: apt-get install ${missing.join(' ')})`);
  for (const { name, skipped } of results)
    if (skipped.tests > 0)
      console.log(
        `not run: ${skipped.tests} test${skipped.tests === 1 ? '' : 's'} of ${name} (${skipped.reasons.join('; ') || 'no reason said'})`,
      );
  if (notRun.length) console.log(`not run: ${notRun.join('; ')}`);
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') > 0 || (notRun.length > 0 && !allowMissing) ? 1 : 0;
}

test(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    console.log('\n0 passed, 1 failed');
    process.exitCode = 1;
  },
);
