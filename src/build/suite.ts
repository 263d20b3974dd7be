// One suite of npm test: runs a command, shows what it prints, and counts what passed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { countMocha, countSkipped, failingFiles, failures, type Skipped } from './mocha-report';
import { root } from './paths';
import { cleanEnvironment } from './processes';
import { sideBySide } from './side-by-side';

/** Files at the same time: each has a browser, a server and a guest. */
const MOST_FILES = 2;

export interface Suite {
  name: string;
  /** A program of node_modules/.bin or a full path, and its arguments. */
  command: readonly [string, ...string[]];
  /** Mocha counts its tests; any other command is one. */
  counts: 'mocha' | 'command';
  /**
   * Each of these files by a process of its own, two at the same time, the longest first. One that fails is run once more when the others have ended, alone, with
   * HYPERSCOPE_TEST_AGAIN=1, and the report says so: a real browser has moments of its own.
   */
  files?: readonly string[];
  /**
   * Each of these by a process of its own as well, several at the same time: folders or patterns whose tests share nothing. The longest come first. The files of one that
   * fails are run once more when the others have ended, with the same seed for what is random: only a moment of the machine passes then.
   */
  parts?: readonly string[];
  /** Programs (see setup.ts) without which it is not run. */
  needs?: readonly string[];
  /** Programs without which single tests of it skip themselves. */
  wants?: readonly string[];
  env?: NodeJS.ProcessEnv;
}
export interface SuiteResult {
  name: string;
  passed: number;
  failed: number;
  seconds: number;
  /** Tests that skipped themselves: how many, and the reasons they printed. */
  skipped: Skipped;
  /** Files that passed only when they were run again. */
  again?: readonly string[];
  /** What mocha said of each test that failed, also of one that passed when it was run again. */
  failures: readonly string[];
}

export async function runSuite(suite: Suite): Promise<SuiteResult> {
  console.log(`\n=== ${suite.name}`);
  if (suite.parts) return runParts(suite, suite.parts);
  if (suite.files) return runFiles(suite, suite.files);
  return runCommand(suite, suite.command);
}

/** What one of several that run at the same time prints is shown when it has ended. */
async function runAtPlace(suite: Suite, item: string, place: number): Promise<SuiteResult> {
  const [program, ...args] = suite.command;
  const printed: Buffer[] = [];
  // What tests build goes to a folder of this place (test/support/out.ts).
  const env = { ...suite.env, HYPERSCOPE_TEST_PLACE: String(place) };
  const result = await runCommand({ ...suite, env }, [program, ...args, item], (chunk) => printed.push(chunk));
  console.log(`--- ${item}, ${result.seconds.toFixed(1)} s`);
  process.stdout.write(Buffer.concat(printed));
  return result;
}

async function runFiles(suite: Suite, files: readonly string[]): Promise<SuiteResult> {
  const [program, ...args] = suite.command;
  const start = Date.now();
  const results = await sideBySide(files, (file, place) => runAtPlace(suite, file, place), Math.min(MOST_FILES, availableParallelism()));
  const again: string[] = [];
  for (const [i, first] of results.entries()) {
    const file = files[i];
    if (first.failed === 0 || file === undefined) continue;
    console.log(`${file} failed: once more, alone`);
    const second = await runCommand({ ...suite, env: { ...suite.env, HYPERSCOPE_TEST_AGAIN: '1' } }, [program, ...args, file]);
    if (second.failed === 0) again.push(file);
    results[i] = { ...second, failures: [...first.failures, ...second.failures] };
  }
  return { ...summed(suite.name, results), seconds: (Date.now() - start) / 1000, again };
}

async function runParts(suite: Suite, parts: readonly string[]): Promise<SuiteResult> {
  const [program, ...args] = suite.command;
  const start = Date.now();
  const results = await sideBySide(parts, async (part, place) => ({ part, ...(await runAtPlace(suite, part, place)) }));
  const again: string[] = [];
  for (const result of results.filter(({ failed }) => failed > 0)) {
    const named = failingFiles(result.failures);
    const files = named.length ? named : [result.part];
    console.log(`${files.join(', ')} failed: once more`);
    const second = await runCommand(suite, [program, ...args, ...files]);
    if (second.failed === 0) again.push(...files);
    // Those that passed the first time are not counted twice.
    const rest = Math.min(second.failed, result.failed);
    Object.assign(result, {
      passed: result.passed + Math.max(0, result.failed - rest),
      failed: rest,
      failures: [...result.failures, ...second.failures],
    });
  }
  return { ...summed(suite.name, results), seconds: (Date.now() - start) / 1000, again };
}

function summed(name: string, results: readonly SuiteResult[]): Omit<SuiteResult, 'seconds'> {
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0);
  const skipped = {
    tests: results.reduce((total, result) => total + result.skipped.tests, 0),
    reasons: [...new Set(results.flatMap((result) => result.skipped.reasons))],
  };
  return { name, passed: sum('passed'), failed: sum('failed'), skipped, failures: results.flatMap((result) => result.failures) };
}

/** @param print takes what the command prints; without it, that is shown as it comes */
function runCommand(
  { name, counts, env }: Suite,
  [program, ...args]: Suite['command'],
  print?: (chunk: Buffer) => void,
): Promise<SuiteResult> {
  const start = Date.now();
  return new Promise((done) => {
    const path = `${root}/node_modules/.bin:${process.env.PATH ?? ''}`;
    const child = spawn(program, args, {
      cwd: root,
      env: { ...cleanEnvironment(), PATH: path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (print) print(chunk);
      else process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => (print ? print(chunk) : process.stderr.write(chunk)));
    const end = (code: number | null) => {
      const seconds = (Date.now() - start) / 1000;
      const isMocha = counts === 'mocha';
      const counted = isMocha ? countMocha(output) : { passed: code === 0 ? 1 : 0, failed: 0 };
      // A command that failed without saying which test did is a failure itself.
      const failed = code === 0 ? 0 : Math.max(1, counted.failed);
      const skipped = isMocha ? countSkipped(output) : { tests: 0, reasons: [] };
      done({ name, passed: counted.passed, failed, seconds, skipped, failures: isMocha && failed > 0 ? failures(output) : [] });
    };
    child.once('error', (error) => {
      console.error(String(error));
      end(1);
    });
    child.once('close', end);
  });
}
