// Small guests compiled when a test runs: freestanding C, linked at fixed addresses. Where no compiler is, the test is skipped with the reason.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../../support/scratch';

export interface Built {
  readonly folder: string;
  readonly source: string;
  readonly image: string;
  readonly bytes: Uint8Array;
  /** 1-based line of the first source line that contains the text. */
  line(text: string): number;
}

export function hasCompiler(compiler = 'gcc'): boolean {
  return process.arch === 'x64' && spawnSync(compiler, ['--version']).status === 0;
}

/** Why tests that compile are skipped here; undefined: they are not. */
export function skipReason(compiler = 'gcc'): string | undefined {
  return hasCompiler(compiler) ? undefined : `no ${compiler} for x86-64 here`;
}

const FLAGS =
  '-ffreestanding -fno-pic -no-pie -nostdlib -static -fno-stack-protector -fcf-protection=none -mno-sse -mno-mmx -mno-red-zone'.split(' ');

export function build(source: string, options: { flags?: string[]; name?: string; script?: string; compiler?: string } = {}): Built {
  const folder = scratchFolder();
  const name = options.name ?? 'guest.c';
  const path = join(folder, name);
  const image = join(folder, 'guest.elf');
  const script = join(folder, 'link.ld');
  writeFileSync(path, source);
  writeFileSync(script, options.script ?? LOW_SCRIPT);
  const flags = [...FLAGS, '-g', '-O0', ...(options.flags ?? []), '-Wl,--build-id=none', '-Wl,-z,max-page-size=4096', `-Wl,-T,${script}`];
  execFileSync(options.compiler ?? 'gcc', [...flags, '-o', image, path], { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  const lines = source.split('\n');
  return {
    folder,
    source: path,
    image,
    bytes: new Uint8Array(readFileSync(image)),
    line(text) {
      const index = lines.findIndex((each) => each.includes(text));
      if (index < 0) throw new Error(`no line contains "${text}"`);
      return index + 1;
    },
  };
}

const LOW_SCRIPT = `ENTRY(_start)
SECTIONS {
  . = 0x100000;
  .text : { *(.text*) }
  .rodata : { *(.rodata*) }
  .eh_frame : { *(.eh_frame) }
  .data : { *(.data*) }
  .bss : { *(.bss*) *(COMMON) }
}
`;

/** Linked in the upper half, loaded low: as kernels are before paging. */
export const HIGH_SCRIPT = LOW_SCRIPT.replace('. = 0x100000;', '. = 0xffffffff80100000;').replace(
  /\.(\w+) : \{([^}]*)\}/g,
  '.$1 : AT(ADDR(.$1) - 0xffffffff80000000) {$2}',
);
