// One suite of npm test: runs a command, shows what it prints, and counts what passed.
import { spawn } from 'node:child_process';
import { root } from './paths';
import { cleanEnvironment } from './processes';

export interface Suite {
  name: string;
  /** A program of node_modules/.bin or a full path, and its arguments. */
  command: readonly [string, ...string[]];
  /** Mocha counts its tests; any other command is one. */
  counts: 'mocha' | 'command';
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
}

/** "12 passing (3s)", "1 failing" at the end of mocha's report. */
export function countMocha(output: string): { passed: number; failed: number } {
  const last = (pattern: RegExp) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return { passed: last(/^\s*(\d+) passing/gm), failed: last(/^\s*(\d+) failing/gm) };
}

export function runSuite({ name, command: [program, ...args], counts, env }: Suite): Promise<SuiteResult> {
  const start = Date.now();
  console.log(`\n=== ${name}`);
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
      process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    const end = (code: number | null) => {
      const seconds = (Date.now() - start) / 1000;
      const counted = counts === 'mocha' ? countMocha(output) : { passed: code === 0 ? 1 : 0, failed: 0 };
      // A command that failed without saying which test did is a failure itself.
      const failed = code === 0 ? counted.failed : Math.max(1, counted.failed);
      done({ name, passed: counted.passed, failed, seconds });
    };
    child.once('error', (error) => {
      console.error(String(error));
      end(1);
    });
    child.once('close', end);
  });
}
