// The samples' prebuilt images are what their sources give: rebuilt and compared where the same compiler and assembler are installed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs } from '../support/compiler';

const samples = resolve(__dirname, '../../samples');
const run = (...command: string[]): string => execFileSync(command[0]!, command.slice(1), { encoding: 'utf8' }).trim();

/** "GNU AS 2.40", "GNU C11 12.2.0" as the assembler and the compiler left them in .debug_str. */
const producers = (image: Buffer) => {
  const text = image.toString('latin1');
  return { assembler: /GNU AS (\d[\d.]*\d)/.exec(text)?.[1], compiler: /GNU C11 (\d[\d.]*\d)/.exec(text)?.[1] };
};

/** The image made in a copy of its folder. */
function rebuilt(folder: string, file: string): Buffer {
  const copy = mkdtempSync(join(tmpdir(), 'hyperscope-sample-'));
  try {
    cpSync(join(samples, folder), copy, { recursive: true });
    rmSync(join(copy, file));
    run('make', '-s', '-C', copy);
    return readFileSync(join(copy, file));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

describe('prebuilt sample images', () => {
  for (const [folder, file] of [
    ['kvm-c', 'kvm-c.elf'],
    ['minimal-asm', 'minimal.elf'],
    ['ticket-lock-c', 'ticket-lock-c.elf'],
    ['xen-pvh-c', 'xen-pvh-c.elf'],
  ] as const) {
    it(`${folder}/${file} is what its sources give`, function () {
      needs(this, 'gcc', 'make', 'ld');
      const prebuilt = readFileSync(join(samples, folder, file));
      const { assembler, compiler } = producers(prebuilt);
      const installed = { compiler: run('gcc', '-dumpfullversion'), assembler: /(\d+\.[\d.]*\d)/.exec(run('as', '--version'))?.[1] };
      if ((compiler ?? installed.compiler) !== installed.compiler || assembler !== installed.assembler) {
        console.log(
          `      not run: built with gcc ${compiler} and as ${assembler}, installed are ${installed.compiler} and ${installed.assembler}`,
        );
        this.skip();
      }
      assert.ok(
        rebuilt(folder, file).equals(prebuilt),
        `${file} differs from its sources: run make in samples/${folder} and commit the image`,
      );
    });
  }

  it('kvm-rust/kvm-rust.elf is what its sources give', function () {
    this.timeout(300_000);
    needs(this, 'rustc', 'make', 'ld', 'objcopy');
    const prebuilt = readFileSync(join(samples, 'kvm-rust', 'kvm-rust.elf'));
    // Compiler, core library and linker must be the ones it was made with.
    const built = { compiler: /rustc version (\S+ \(\S+)/.exec(prebuilt.toString('latin1'))?.[1], linker: '2.40' };
    const installed = {
      compiler: /rustc (\S+ \(\S+)/.exec(run('rustc', '--version'))?.[1],
      linker: /(\d+\.[\d.]*\d)/.exec(run('ld', '--version'))?.[1],
    };
    if (built.compiler !== installed.compiler || built.linker !== installed.linker) {
      console.log(
        `      not run: built with rustc ${built.compiler} and ld ${built.linker}, installed are ${installed.compiler} and ${installed.linker}`,
      );
      this.skip();
    }
    assert.ok(
      rebuilt('kvm-rust', 'kvm-rust.elf').equals(prebuilt),
      'kvm-rust.elf differs from its sources: run make in samples/kvm-rust and commit the image',
    );
  });

  for (const image of [
    'kvm-c/kvm-c.elf',
    'minimal-asm/minimal.elf',
    'kvm-rust/kvm-rust.elf',
    'ticket-lock-c/ticket-lock-c.elf',
    'xen-pvh-c/xen-pvh-c.elf',
  ]) {
    it(`${image} names no folder of the machine that built it`, () => {
      const text = readFileSync(join(samples, image)).toString('latin1');
      // system headers are named by gcc where they are; nothing else may be
      assert.deepEqual(text.match(/\/(home|root|work|tmp)\/[\w/.-]*/g) ?? [], []);
    });
  }
});
