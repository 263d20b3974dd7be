// Images as a compiler and linker really make them: one source, linked as ELF64 with PVH note and address fields, and as ELF32.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planBoot } from '../../src/boot/detect';
import { ElfFile } from '../../src/formats/elf';
import { bootInput, kernelSegments } from './images';

const SOURCE = `
.section .boot,"ax"
.code32
.align 8
header: .long 0x1BADB002, 0x00010003, -(0x1BADB002 + 0x00010003)
        .long header, load_start, load_end, bss_end, entry_multiboot
.global entry_multiboot
entry_multiboot: hlt
entry_pvh: hlt
.section .note.pvh,"a",@note
.long 4, 4, 18
.asciz "Xen"
.long entry_pvh
.data
.long 0x12345678
.bss
.skip 0x2000
`;

/** Loaded at 2 MiB; runs 3 GiB higher, as many kernels do. */
const LINKER_SCRIPT = `
ENTRY(entry_multiboot)
PHDRS { text PT_LOAD FLAGS(7); note PT_NOTE FLAGS(4); }
SECTIONS {
  . = 0x200000; load_start = .;
  .boot : { *(.boot) } :text
  .note : { *(.note.pvh) } :text :note
  .data : AT(ADDR(.data)) { *(.data) } :text
  load_end = .;
  .bss : { *(.bss) } :text
  bss_end = .;
  /DISCARD/ : { *(.note.gnu*) *(.comment) }
}`;

function link(folder: string, bits: 32 | 64): Uint8Array {
  const [source, script, object, image] = ['a.S', 'link.ld', `a${bits}.o`, `a${bits}.elf`].map((name) => join(folder, name));
  writeFileSync(source!, SOURCE);
  writeFileSync(script!, LINKER_SCRIPT);
  execFileSync('as', [`--${bits}`, '-g', '-o', object!, source!], { stdio: 'pipe' });
  execFileSync('ld', ['-m', bits === 64 ? 'elf_x86_64' : 'elf_i386', '-n', '-T', script!, '-o', image!, object!], { stdio: 'pipe' });
  return readFileSync(image!);
}

describe('boot of linked images', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-boot-'));
  let linked: Record<32 | 64, Uint8Array> | undefined;

  before(function () {
    try {
      linked = { 32: link(folder, 32), 64: link(folder, 64) };
    } catch (error) {
      console.log(`    skipped: no x86 assembler and linker (${error instanceof Error ? error.message.split('\n')[0] : error})`);
      this.skip();
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const bits of [64, 32] as const) {
    it(`ELF${bits}: PVH by the note, Multiboot by the address fields, the same segment and bss`, () => {
      const image = linked![bits];
      const pvh = planBoot(bootInput(image));
      const multiboot = planBoot(bootInput(image, { protocol: 'multiboot' }));
      assert.equal(pvh.protocol, 'pvh');
      assert.match(multiboot.why, /address fields/);
      assert.deepEqual(kernelSegments(pvh), kernelSegments(multiboot));
      assert.equal(multiboot.entry.eip, 0x200020);
      assert.equal(pvh.entry.eip, 0x200021);
    });

    it(`ELF${bits}: without address fields the program headers are used`, () => {
      const image = Uint8Array.from(linked![bits]);
      const view = new DataView(image.buffer);
      const header = Array.from({ length: 2048 }, (_, i) => i * 4).find((at) => view.getUint32(at, true) === 0x1badb002)!;
      view.setUint32(header + 4, 3, true);
      view.setUint32(header + 8, -(0x1badb002 + 3), true);
      const plan = planBoot(bootInput(image, { protocol: 'multiboot' }));
      assert.match(plan.why, new RegExp(`ELF${bits} program headers`));
      assert.deepEqual(kernelSegments(plan), kernelSegments(planBoot(bootInput(image))));
    });

    it(`ELF${bits}: cut anywhere, one clear error or a whole plan`, () => {
      const image = linked![bits];
      const end = Math.max(...ElfFile.open(bootInput(image).image).segments.map(({ offset, fileSize }) => offset + fileSize));
      for (let length = 0; length < image.length; length += 97) {
        const protocol = length % 2 === 0 ? 'auto' : 'multiboot';
        const plan = () => planBoot(bootInput(image.subarray(0, length), { protocol }));
        if (length < end) assert.throws(plan, (error: Error & { id?: string }) => /^(elf|boot)-/.test(error.id ?? ''), `cut at ${length}`);
        else assert.doesNotThrow(plan, `cut at ${length}`);
      }
    });
  }
});
