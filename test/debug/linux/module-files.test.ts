// Files of kernel modules: found by the module's name as the kernel writes it, packed or not, and read with their debug information relocated to where the sections lie.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ModuleFiles } from '../../../src/debug/linux/module-files';
import { FileByteSource } from '../../../src/symbols/file-source';
import { unpackedSource } from '../../../src/symbols/packed-file';
import { SymbolFile } from '../../../src/symbols/symbol-file';
import { strip } from '../../../src/symbols/types';
import { needs } from '../../support/compiler';
import { scratchFolder } from '../../support/scratch';
import { build, PROGRAMS, requireCompiler } from '../../symbols/toolchain';

const XZ = 'xz';
const TEXT = 0xffff_ffff_c020_0000n;
/** As the kernel's own makefiles pack: scripts/Makefile.modinst. */
const PACKED: readonly (readonly [suffix: string, pack: (path: string) => Uint8Array, tool?: string])[] = [
  ['', (path) => FileByteSource.open(path).read(0, FileByteSource.open(path).size)],
  ['.gz', (path) => gzipSync(PACKED[0]![1](path))],
  ['.xz', (path) => execFileSync(XZ, ['--check=crc32', '--lzma2=dict=1MiB', '-c', path], { maxBuffer: 1 << 24 }), XZ],
  ['.zst', (path) => execFileSync('zstd', ['-q', '-T0', '-c', path], { maxBuffer: 1 << 24 }), 'zstd'],
];

describe("a kernel module's file", () => {
  let object = '';
  before(function () {
    requireCompiler(this, 'gcc');
    object = build('gcc', ['-g', '-c', '-O2', '-fno-pie', '-mcmodel=kernel', '-ffreestanding'], ['subject.c']);
  });

  const portrait = (path: string) => {
    const file = SymbolFile.open({ source: unpackedSource(FileByteSource.open(path)), sectionAddresses: new Map([['.text', TEXT]]) });
    const [leaf] = file.functionsByName('leaf');
    const line = leaf && file.lineAt(leaf.lowAddress);
    return {
      address: leaf?.lowAddress,
      line: `${line?.file}:${line?.line}`,
      types: file
        .inlineChain(leaf!.lowAddress)[0]
        ?.variables()
        .map(({ name, type }) => `${name}: ${strip(type).kind}`),
      placed: file.addressesForLine(join(PROGRAMS, 'subject.c'), line?.line ?? 0).locations.map(({ address }) => address),
    };
  };

  for (const [suffix, pack, tool] of PACKED)
    it(`is read as it is in .ko${suffix}`, function () {
      if (tool !== undefined) needs(this, tool);
      const folder = scratchFolder();
      mkdirSync(join(folder, 'kernel', 'drivers'), { recursive: true });
      const path = join(folder, 'kernel', 'drivers', `two-words.ko${suffix}`);
      writeFileSync(path, pack(object));
      assert.equal(new ModuleFiles([folder]).find('two_words'), path);
      const plain = portrait(object);
      assert.ok(plain.address !== undefined && plain.address >= TEXT && plain.line.startsWith(join(PROGRAMS, 'subject.c')));
      assert.ok(plain.placed.includes(plain.address) && plain.types !== undefined && plain.types.length > 0);
      assert.deepEqual(portrait(path), plain);
    });

  it('is the first of several folders', () => {
    const [first, second] = [scratchFolder(), scratchFolder()];
    for (const folder of [first, second]) copyFileSync(object, join(folder, 'one.ko'));
    assert.equal(new ModuleFiles([second, first]).find('one'), join(second, 'one.ko'));
    assert.equal(new ModuleFiles([first]).find('other'), undefined);
  });

  it('that is cut is refused by name', function () {
    needs(this, XZ);
    const path = join(scratchFolder(), 'cut.ko.xz');
    const whole = PACKED[2]![1](object);
    writeFileSync(path, whole.subarray(0, whole.length >> 1));
    assert.throws(() => unpackedSource(FileByteSource.open(path)), /cut\.ko\.xz/);
  });
});
