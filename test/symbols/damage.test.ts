// Cut and broken files: each question is answered or refused by one typed error that says what to do; never a hang, never another exception.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryByteSource } from '../../src/base/byte-source';
import { ElfFile } from '../../src/formats/elf';
import { sizeOf } from '../../src/symbols/types';
import { askEverything, random } from './ask-everything';
import { build, freestanding, open, requireCompiler, scratch, tool } from './toolchain';

const SEED = 20_250_731;

function addressesOf(path: string): bigint[] {
  const symbols = open(path);
  return ['outer', 'leaf', 'entry_value_of', 'twice', '_start'].flatMap((name) => {
    const found = symbols.functionsByName(name)[0];
    return (found?.ranges ?? []).flatMap(({ start, end }) => [start, (start + end) / 2n, end - 1n]);
  });
}

for (const [compiler, ...flags] of [
  ['gcc', '-g', '-O2', '-gdwarf-5'],
  ['gcc', '-g', '-O1', '-gdwarf-4', '-fno-asynchronous-unwind-tables'],
  ['clang', '-g', '-O2', '-gdwarf-5'],
  ['clang', '-g', '-O1', '-gdwarf-4'],
] as const) {
  describe(`damaged debug information: ${compiler} ${flags.join(' ')} (seed ${SEED})`, function () {
    this.timeout(300_000);
    let bytes: Uint8Array;
    let elf: ElfFile;
    let addresses: bigint[];
    before(function () {
      requireCompiler(this, compiler);
      const path = freestanding(compiler, flags);
      bytes = readFileSync(path);
      elf = ElfFile.open(new MemoryByteSource(path, bytes));
      addresses = addressesOf(path);
    });

    const debugSections = (): { name: string; offset: number; size: number; header: number }[] =>
      elf.sections
        .filter(({ name }) => /^\.(debug_|eh_frame$|symtab|strtab)/.test(name))
        .map(({ name, offset, size, index }) => ({
          name,
          offset,
          size,
          header: Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(40, true)) + index * 64,
        }));

    it('undamaged, nothing is refused', async () => {
      assert.deepEqual([...(await askEverything(bytes, addresses))], []);
    });

    it('the file cut at many places', async () => {
      const next = random(SEED);
      for (let i = 0; i < 60; i++) await askEverything(bytes.subarray(0, Math.floor(next() * bytes.length)), addresses);
    });

    it('each section cut at many places', async () => {
      const next = random(SEED + 1);
      let refused = 0;
      for (const section of debugSections()) {
        for (let i = 0; i < 10; i++) {
          const copy = bytes.slice();
          new DataView(copy.buffer).setBigUint64(section.header + 32, BigInt(Math.floor(next() * section.size)), true);
          refused += (await askEverything(copy, addresses)).size > 0 ? 1 : 0;
        }
      }
      assert.ok(refused > 10, `${refused} cuts were noticed`);
    });

    it('bytes of each section changed at random', async () => {
      const next = random(SEED + 2);
      for (const section of debugSections()) {
        for (let i = 0; i < 25; i++) {
          const copy = bytes.slice();
          for (let k = 0; k < 1 + i / 5; k++) copy[section.offset + Math.floor(next() * section.size)] = Math.floor(next() * 256);
          await askEverything(copy, addresses);
        }
      }
    });

    it('each section missing', async () => {
      for (const section of debugSections()) {
        const copy = bytes.slice();
        new DataView(copy.buffer).setBigUint64(section.header + 32, 0n, true);
        await askEverything(copy, addresses);
      }
    });
  });
}

describe('the other encodings', () => {
  const base = ['-O2', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-ffreestanding'];
  for (const flags of [
    ['-g', '-gdwarf64'],
    ['-g', '-gdwarf-4', '-gdwarf64'],
    ['-g', '-gdwarf-3'],
    ['-g', '-gdwarf-2'],
    ['-g', '-gdwarf-4', '-fdebug-types-section'],
    ['-g', '-fdebug-types-section'],
    ['-g', '-flto', '-Wl,-eouter'],
    ['-g', '-ffunction-sections', '-Wl,--gc-sections', '-Wl,-eouter'],
  ]) {
    it(`gcc ${flags.join(' ')} answers as the usual one`, async function () {
      requireCompiler(this, 'gcc', flags.slice(0, 2));
      const path = build('gcc', [...base, ...flags], ['start.S', 'subject.c', 'other.c']);
      const symbols = open(path);
      assert.deepEqual([...(await askEverything(readFileSync(path), addressesOf(path)))], []);
      const [location] = symbols.functionBreakpoints('innermost');
      const chain = symbols.inlineChain(location!.address);
      assert.deepEqual(
        chain.map(({ name }) => name),
        ['innermost', 'middle', 'outer'],
      );
      assert.deepEqual(
        chain[2]!
          .variables()
          .map(({ name }) => name)
          .slice(0, 2),
        ['count', 'scale'],
      );
      assert.equal(sizeOf(symbols.typeByName('struct task')!), 80);
      assert.equal(sizeOf(symbols.typeByName('struct hidden')!), 16);
    });
  }

  it('a 64-bit kernel in a 32-bit ELF file (Multiboot) keeps 64-bit frames', function () {
    requireCompiler(this, 'gcc');
    const path = build('gcc', [...base, '-g'], ['start.S', 'subject.c', 'other.c']);
    const packed = join(scratch(), 'packed.elf');
    tool('objcopy', '-O', 'elf32-i386', path, packed);
    const [wide, narrow] = [open(path), open(packed)];
    assert.equal(narrow.elf.header.is64, false);
    assert.equal(narrow.addressSize, 8);
    for (const address of addressesOf(path)) {
      assert.deepEqual(narrow.unwindRow(address), wide.unwindRow(address));
      assert.deepEqual(narrow.lineAt(address), wide.lineAt(address));
      assert.equal(narrow.functionAt(address)?.name, wide.functionAt(address)?.name);
    }
  });
});
