// The native oracle: compiled once per process run into a temporary folder, fed by a file. Says why where it cannot run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVector, parseResult, type Result, type Vector } from '../../src/engine/vectors/vector';

const SOURCE = join(__dirname, '../oracle/oracle.c');
const MAX_OUTPUT = 1 << 30;

export class NativeOracle {
  private constructor(
    private readonly folder: string,
    private readonly program: string,
  ) {}

  /** The oracle, or the reason why there is none. */
  static open(): NativeOracle | string {
    if (process.platform !== 'linux' || process.arch !== 'x64')
      return `needs Linux on x86-64; this is ${process.platform} on ${process.arch}`;
    const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (!compiler) return 'needs a C compiler (cc, gcc or clang) on PATH';
    const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
    const program = join(folder, 'oracle');
    const made = spawnSync(compiler, ['-O2', '-o', program, SOURCE], { encoding: 'utf8' });
    const oracle = new NativeOracle(folder, program);
    if (made.status !== 0) {
      oracle.close();
      return `oracle.c does not compile here: ${made.stderr.split('\n')[0]}`;
    }
    const probe = spawnSync(program, ['run'], { input: 'code=90\n', encoding: 'utf8' });
    if (probe.status === 0 && probe.stdout.startsWith('end=ok')) return oracle;
    oracle.close();
    return `the oracle does not run here (signals, seccomp or FSGSBASE refused): ${probe.stderr.trim()}`;
  }

  run(vectors: readonly Vector[]): Result[] {
    const input = `${vectors.map(formatVector).join('\n')}\n`;
    const done = spawnSync(this.program, ['run'], { input, encoding: 'utf8', maxBuffer: MAX_OUTPUT });
    if (done.status !== 0) throw new Error(`the oracle failed: ${done.stderr}`);
    const lines = done.stdout.split('\n').filter((line) => line !== '');
    if (lines.length !== vectors.length) throw new Error(`the oracle gave ${lines.length} results for ${vectors.length} vectors`);
    return lines.map(parseResult);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function cpuName(): string {
  const match = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
  const field = (name: string): string => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '?';
  return `${match?.[1] ?? 'unknown'} (family ${field('cpu family')}, model ${field('model')}, stepping ${field('stepping')})`;
}
