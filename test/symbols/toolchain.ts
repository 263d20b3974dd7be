// Compiles the test programs, each combination once per test run, and says why a test is skipped where a compiler is missing.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileByteSource, openIfThere } from '../../src/symbols/file-source';
import { SymbolFile, type SymbolFileOptions } from '../../src/symbols/symbol-file';

export const PROGRAMS = join(__dirname, 'programs');
export const FREESTANDING = ['start.S', 'subject.c', 'other.c'];

let folder: string | undefined;
const built = new Map<string, string>();
const available = new Map<string, boolean>();

after(() => {
  if (folder) rmSync(folder, { recursive: true });
  folder = undefined;
  built.clear();
});

export function scratch(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'symbols-'));
  return folder;
}

/** Whether a compiler accepts these flags and can link or assemble with them. */
export function has(compiler: string, flags: readonly string[] = []): boolean {
  const key = [compiler, ...flags].join(' ');
  let known = available.get(key);
  if (known === undefined) {
    const probe = spawnSync(compiler, [...flags, '-c', '-x', 'c', '-o', join(scratch(), 'probe.o'), '-'], { input: 'int probe;\n' });
    known = probe.status === 0;
    available.set(key, known);
  }
  return known;
}

export function requireCompiler(context: Mocha.Context, compiler: string, flags: readonly string[] = []): void {
  if (process.arch === 'x64' && has(compiler, flags)) return;
  console.log(
    `      skipped: ${process.arch === 'x64' ? `no working ${[compiler, ...flags].join(' ')}` : `this machine is ${process.arch}, not x86-64`}`,
  );
  context.skip();
}

/** Builds once; the path of the result. */
export function build(compiler: string, flags: readonly string[], sources: readonly string[], cwd = PROGRAMS): string {
  const key = [compiler, ...flags, ...sources, cwd].join(' ');
  let path = built.get(key);
  if (path === undefined) {
    path = join(scratch(), `program-${built.size}.elf`);
    const run = spawnSync(compiler, [...flags, ...sources, '-o', path], { cwd, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`${compiler} ${flags.join(' ')}: ${run.stderr || run.error?.message}`);
    built.set(key, path);
  }
  return path;
}

/** The sample kernel-like program: no library, linked at 1 MB. */
export function freestanding(compiler: string, flags: readonly string[]): string {
  const link = ['-ffreestanding', '-nostdlib', '-static', '-Wl,-Ttext=0x100000', '-Wl,--build-id'];
  return build(compiler, ['-fno-pie', ...(compiler === 'clang' ? [] : ['-no-pie']), ...link, ...flags], FREESTANDING);
}

export function open(path: string, options: Partial<SymbolFileOptions> = {}): SymbolFile {
  return SymbolFile.open({ source: FileByteSource.open(path), openFile: openIfThere, ...options });
}

export function tool(name: string, ...args: string[]): string {
  return execFileSync(name, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/** The number of the line that carries the comment LINE:mark. */
export function lineOf(file: string, mark: string): number {
  const lines = readFileSync(join(PROGRAMS, file), 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(`LINE:${mark} `) || line.includes(`LINE:${mark}*`));
  if (at < 0) throw new Error(`${file} has no line marked ${mark}`);
  return at + 1;
}

export interface Combination {
  readonly compiler: string;
  readonly level: string;
  readonly dwarf: string;
}

export const COMBINATIONS: readonly Combination[] = ['gcc', 'clang'].flatMap((compiler) =>
  ['-O0', '-O1', '-O2'].flatMap((level) => ['-gdwarf-4', '-gdwarf-5'].map((dwarf) => ({ compiler, level, dwarf }))),
);

/** One describe block per compiler, optimisation level and DWARF version; skipped with a reason where the compiler is missing. */
export function eachCombination(title: string, body: (combination: Combination, path: () => string) => void): void {
  for (const combination of COMBINATIONS) {
    const { compiler, level, dwarf } = combination;
    describe(`${title}: ${compiler} ${level} ${dwarf}`, () => {
      before(function () {
        requireCompiler(this, compiler);
      });
      body(combination, () => freestanding(compiler, ['-g', level, dwarf]));
    });
  }
}
