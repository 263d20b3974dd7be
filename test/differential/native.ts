// The native oracle: compiled once per process run into a temporary folder, fed by a file. Says why where it cannot run.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVector, type Vector } from '../../src/engine/vectors/vector';

const SOURCE = join(__dirname, '../oracle/oracle.c');

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

  /** Result lines. It runs beside the caller, through files: whoever is busy does not hold it up. */
  async run(vectors: readonly Vector[]): Promise<string[]> {
    const [input, output] = [join(this.folder, 'vectors'), join(this.folder, 'results')];
    writeFileSync(input, `${vectors.map(formatVector).join('\n')}\n`);
    const files = [openSync(input, 'r'), openSync(output, 'w')] as const;
    const child = spawn(this.program, ['run'], { stdio: [...files, 'inherit'] });
    for (const file of files) closeSync(file);
    const [status] = (await once(child, 'close')) as [number | null];
    if (status !== 0) throw new Error(`the oracle failed (${status})`);
    const lines = readFileSync(output, 'latin1').trimEnd().split('\n');
    if (lines.length !== vectors.length) throw new Error(`the oracle gave ${lines.length} results for ${vectors.length} vectors`);
    return lines;
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
