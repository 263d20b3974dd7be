// The ELF reader against a file built here byte by byte (every field known), and against cut and broken copies of it.

import assert from 'node:assert/strict';
import { MemoryByteSource } from '../../src/base/byte-source';
import { ElfError, ElfFile } from '../../src/formats/elf';
import { PT_LOAD, PT_NOTE, SHN_ABS, STB_GLOBAL, STT_FUNC } from '../../src/formats/elf-constants';
import { buildTestElf } from './elf-builder';

const open = (bytes: Uint8Array): ElfFile => ElfFile.open(new MemoryByteSource('kernel.elf', bytes));

for (const is64 of [true, false]) {
  describe(`ELF reader, ${is64 ? 64 : 32}-bit`, () => {
    const bytes = buildTestElf(is64);

    it('reads the header', () => {
      const { header } = open(bytes);
      assert.deepEqual(header, { is64, type: 2, machine: is64 ? 62 : 3, entry: 0x100010n, flags: 0 });
    });

    it('reads program headers and their bytes', () => {
      const elf = open(bytes);
      const [load, note] = elf.segments;
      assert.equal(elf.segments.length, 2);
      assert.equal(load?.type, PT_LOAD);
      assert.equal(load.vaddr, 0x100000n);
      assert.equal(load.paddr, 0x200000n);
      assert.equal(load.memorySize, 0x2000);
      assert.equal(elf.segmentBytes(load).length, load.fileSize);
      assert.equal(note?.type, PT_NOTE);
    });

    it('reads sections by name', () => {
      const elf = open(bytes);
      assert.deepEqual(
        elf.sections.map((section) => section.name),
        ['', '.text', '.symtab', '.strtab', '.shstrtab'],
      );
      assert.equal(elf.section('.text')?.address, 0x100000n);
      assert.equal(elf.section('.missing'), undefined);
    });

    it('reads notes and the build-id', () => {
      const elf = open(bytes);
      assert.deepEqual(
        elf.notes.map(({ name, type, desc }) => [name, type, [...desc]]),
        [
          ['GNU', 3, [0xde, 0xad, 0xbe, 0xef, 0x01]],
          ['Xen', 18, [0x10, 0, 0x10, 0]],
        ],
      );
      assert.equal(elf.buildId, 'deadbeef01');
    });

    it('reads symbols', () => {
      assert.deepEqual(open(bytes).symbols, [
        { name: '_start', value: 0x100010n, size: 0x20n, type: STT_FUNC, binding: STB_GLOBAL, section: 1 },
        { name: 'constant', value: 0x1234n, size: 0n, type: 0, binding: 0, section: SHN_ABS },
      ]);
    });

    it('answers rightly or with one ElfError wherever the file is cut', () => {
      for (let length = 0; length < bytes.length; length++) {
        const source = new MemoryByteSource('cut.elf', bytes.subarray(0, length));
        expectElfErrorOr(() => readAll(ElfFile.open(source)));
      }
    });

    it('answers or throws ElfError whichever byte is broken', () => {
      for (let at = 4; at < bytes.length; at++) {
        for (const value of [0, 0x7f, 0xff]) {
          const broken = bytes.slice();
          broken[at] = value;
          expectElfErrorOr(() => readAll(open(broken)));
        }
      }
    });
  });
}

describe('ELF reader, what it refuses', () => {
  const refuse = (bytes: Uint8Array, id: string, text: RegExp): void => {
    assert.throws(
      () => open(bytes),
      (error: unknown) => error instanceof ElfError && error.id === id && text.test(error.message),
    );
  };

  it('says what to point at when it is not ELF', () =>
    refuse(new TextEncoder().encode('#!/bin/sh\n'), 'elf-not-elf', /kernel\.elf is not an ELF file.*vmlinux/));
  it('names truncation', () =>
    refuse(buildTestElf(true).subarray(0, 40), 'elf-truncated', /the ELF header needs 64 bytes but the file has 40/));
  it('names big-endian files', () => {
    const bytes = buildTestElf(true);
    bytes[5] = 2;
    refuse(bytes, 'elf-unsupported', /big-endian/);
  });
  it('names a nonsense class', () => {
    const bytes = buildTestElf(true);
    bytes[4] = 9;
    refuse(bytes, 'elf-malformed', /ELF class is 9/);
  });
  it('isElf never throws', () => assert.equal(ElfFile.isElf(new MemoryByteSource('empty', new Uint8Array(0))), false));
});

function readAll(elf: ElfFile): void {
  for (const segment of elf.segments) elf.segmentBytes(segment);
  for (const section of elf.sections) elf.sectionBytes(section);
  assert.ok(elf.notes.length >= 0 && elf.symbols.length >= 0);
  assert.ok(elf.buildId === undefined || elf.buildId.length >= 0);
}

function expectElfErrorOr(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
}
