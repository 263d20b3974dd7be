// What the text of the first hour quotes is what is said.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryByteSource } from '../../src/base/byte-source';
import { UserError } from '../../src/base/user-error';
import { unfitImage } from '../../src/boot/unfit-images';
import { root } from '../../src/build/paths';
import { makeCatalogue } from '../../src/build/texts/catalogue';
import { noVmlinux } from '../../src/dap/launch/linux';
import { SymbolError } from '../../src/symbols/symbol-error';

const text = readFileSync(join(root, 'media/walkthrough/first-hour.md'), 'utf8');
const quoted = [...text.matchAll(/^> (.*)$/gm)].map(([, quote]) => quote ?? '');

/** A 64-bit x86 executable without anything in it (System V gABI, ELF header). */
function emptyElf(): Uint8Array {
  const file = new Uint8Array(64);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.set([2, 0, 62, 0, 1], 16);
  file.set([64, 0, 56], 52);
  return file;
}

describe('the first hour', () => {
  const said = [
    ...Object.keys(makeCatalogue().messages).map((message) => message.replace('{0}', 'make').replace('{1}', 'my-kernel')),
    unfitImage(new MemoryByteSource('kernel.elf', emptyElf())).message,
    SymbolError.noDebugInfo('kernel.elf').message,
    noVmlinux('bzImage', '', undefined),
  ];
  it('quotes at least a message for each way that can go wrong', () => assert.ok(quoted.length >= 4));
  for (const quote of quoted)
    it(`quotes what is said: ${quote.slice(0, 60)}`, () =>
      assert.ok(
        said.some((message) => message.startsWith(quote)),
        said.slice(-3).join('\n'),
      ));
  it('quotes mistakes that are a user’s to mend', () =>
    assert.ok(unfitImage(new MemoryByteSource('kernel.elf', emptyElf())) instanceof UserError));
});
