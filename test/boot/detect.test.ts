import assert from 'node:assert/strict';
import { planBoot } from '../../src/boot/detect';
import { bootInput, elfImage, multibootHeaderBytes, pvhNote } from './images';

const code = new Uint8Array(0x80).fill(0x90);

/** A file that has `text` or bytes at an offset. */
const file = (size: number, ...parts: readonly (readonly [offset: number, content: string | readonly number[]])[]) => {
  const bytes = new Uint8Array(size);
  for (const [offset, content] of parts)
    bytes.set(typeof content === 'string' ? Array.from(content, (c) => c.charCodeAt(0)) : content, offset);
  return bytes;
};

const SIGNATURE = [510, [0x55, 0xaa]] as const;
const UNFIT: readonly (readonly [what: RegExp, image: Uint8Array])[] = [
  [/is empty/, file(0)],
  [/is a Linux (bzImage: set boot to "auto"|kernel of boot protocol 0.00: take)/, file(4096, [0, 'MZ'], [0x202, 'HdrS'], SIGNATURE)],
  [/CD image .*copy the kernel file out of it/, file(0x9000, [0x8001, 'CD001'])],
  [/qcow2/, file(512, [0, 'QFI\xfb'])],
  [/VMDK/, file(512, [0, 'KDMV'])],
  [/VDI/, file(512, [0x40, [0x7f, 0x10, 0xda, 0xbe]])],
  [/GPT/, file(4096, SIGNATURE, [512, 'EFI PART'])],
  [/is a boot sector: starting in 16-bit mode/, file(512, SIGNATURE)],
  [/disk image \(it starts with a boot sector\)/, file(4096, SIGNATURE)],
  [/Windows or EFI program/, file(4096, [0, 'MZ'])],
  [/Mach-O.*x86_64-elf/, file(512, [0, [0xcf, 0xfa, 0xed, 0xfe]])],
  [/gzip: unpack it/, file(512, [0, [0x1f, 0x8b]])],
  [/with xz/, file(512, [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a]])],
  [/zip archive/, file(512, [0, 'PK\x03\x04'])],
  [/tar archive/, file(512, [257, 'ustar'])],
  [/cpio archive .*initrd/, file(512, [0, '070701'])],
  [/static library/, file(512, [0, '!<arch>\n'])],
  [/script/, file(20, [0, '#!/bin/sh\necho hello'])],
  [/text file: build it first/, file(20, [0, 'int main(void) { }\n\n'])],
  [/Multiboot 2/, file(512, [0x40, [0xd6, 0x50, 0x52, 0xe8]])],
  [/not a kernel image that can be recognised/, file(512)],
];

describe('choosing a boot protocol', () => {
  it('auto prefers PVH where an image has both', () => {
    const bytes = code.slice();
    bytes.set(multibootHeaderBytes(3));
    const both = elfImage({ is64: true, entry: 0x100000, segments: [{ vaddr: 0x100000, bytes }, pvhNote(0x100040, true)] });
    assert.equal(planBoot(bootInput(both)).protocol, 'pvh');
    const asked = planBoot(bootInput(both, { protocol: 'multiboot' }));
    assert.equal(asked.protocol, 'multiboot');
    assert.equal(asked.entry.eax, 0x2badb002);
  });

  for (const [what, image] of UNFIT) {
    it(`unfit: ${what.source}`, () => {
      for (const protocol of ['auto', 'pvh', 'multiboot', 'multiboot2'] as const) {
        assert.throws(() => planBoot(bootInput(image, { protocol })), { id: 'boot-unfit-image', message: what });
      }
    });
  }

  it('unfit ELF files say why', () => {
    const segments = [{ vaddr: 0x100000, bytes: code }];
    const refuse = (image: Uint8Array, message: RegExp) =>
      assert.throws(() => planBoot(bootInput(image)), { id: 'boot-unfit-image', message });
    refuse(elfImage({ is64: true, entry: 0, segments, machine: 183 }), /built for AArch64, not for x86/);
    refuse(elfImage({ is64: true, entry: 0, segments: [], type: 1 }), /object file/);
    refuse(elfImage({ is64: true, entry: 0, segments }), /neither a PVH note nor a Multiboot header/);
    const bytes = code.slice();
    bytes.set([0xd6, 0x50, 0x52, 0xe8]);
    refuse(elfImage({ is64: true, entry: 0, segments: [{ vaddr: 0x100000, bytes }] }), /Multiboot 2/);
  });

  it('the protocol that was asked for says what is missing', () => {
    const plain = elfImage({ is64: true, entry: 0x100000, segments: [{ vaddr: 0x100000, bytes: code }] });
    assert.throws(() => planBoot(bootInput(plain, { protocol: 'pvh' })), { id: 'boot-no-pvh' });
    assert.throws(() => planBoot(bootInput(plain, { protocol: 'multiboot' })), { id: 'boot-no-multiboot' });
    assert.throws(() => planBoot(bootInput(plain, { protocol: 'multiboot2' })), { id: 'boot-no-multiboot2' });
  });
});
