// The native oracle: built from oracle.c into out/oracle, fed with vector lines.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasTool } from '../support/compiler';

const source = join(__dirname, 'oracle.c');
const folder = resolve(__dirname, '../../out/oracle');

/** Why the oracle cannot run here, or undefined. */
export const oracleMissing = (): string | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `runs instructions natively: needs Linux on x86-64, this is ${process.platform} on ${process.arch}`;
  if (!hasTool('gcc')) return 'needs gcc';
  return undefined;
};

const built = (): string => {
  const program = join(folder, 'oracle');
  mkdirSync(folder, { recursive: true });
  const age = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (age(program) <= age(source)) execFileSync('gcc', ['-O2', '-w', '-o', program, source]);
  return program;
};

/** One result line per vector line. */
export const runNative = (lines: readonly string[]): string[] => {
  const result = spawnSync(built(), ['run'], { input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`oracle run: status ${result.status} ${result.stderr}`);
  return result.stdout.trimEnd().split('\n');
};

export const cpuName = (): string => /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
export const cpuVendor = (): string => /vendor_id\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
