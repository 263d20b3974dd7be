// Files read in ranges through the block cache.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileByteSource, FileError } from '../../src/symbols/file-source';
import { scratch } from './toolchain';

describe('file source', () => {
  const bytes = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

  it('reads any range, cut at the end', () => {
    const path = join(scratch(), 'bytes.bin');
    writeFileSync(path, bytes);
    const source = FileByteSource.open(path);
    assert.equal(source.size, bytes.length);
    assert.ok(source.modifiedMs > 0);
    for (const [offset, length] of [
      [0, 4],
      [65_530, 20],
      [65_536, 65_536],
      [1, 300_000],
      [131_071, 2],
      [399_990, 100],
      [400_000, 10],
      [500_000, 10],
      [0, 400_000],
    ] as const) {
      assert.deepEqual(source.read(offset, length), bytes.slice(offset, offset + length), `${length} at ${offset}`);
    }
    source.dispose();
  });

  it('says what is wrong with a path', () => {
    const refuse = (path: string, id: string, text: RegExp): void =>
      assert.throws(
        () => FileByteSource.open(path),
        (error: unknown) => error instanceof FileError && error.id === id && text.test(error.message),
      );
    refuse(join(scratch(), 'missing.elf'), 'file-cannot-open', /missing\.elf cannot be opened \(ENOENT\): check the path/);
    refuse(scratch(), 'file-not-a-file', /is not a file/);
  });
});
