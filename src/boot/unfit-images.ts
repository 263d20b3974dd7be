// What people point `image` at that is no kernel for the boot protocols here, as rows: how it is known, what it is, what to do.
import type { ByteSource } from '../base/byte-source';
import { ElfFile } from '../formats/elf';
import { EM_386, EM_X86_64, ET_CORE, ET_REL, PT_INTERP } from '../formats/elf-constants';
import { BootError } from './boot-error';

const HEAD_SIZE = 0x9000;
const SECTOR = 512;

interface UnfitRow {
  readonly is: (image: Head) => boolean;
  readonly what: string;
  readonly advice: string;
}

class Head {
  private readonly bytes: Uint8Array;

  constructor(readonly source: ByteSource) {
    this.bytes = source.read(0, Math.min(HEAD_SIZE, source.size));
  }

  get size(): number {
    return this.source.size;
  }

  /** ASCII text, or bytes, at an offset. */
  has(expected: string | readonly number[], offset = 0): boolean {
    const bytes = typeof expected === 'string' ? Array.from(expected, (character) => character.charCodeAt(0)) : expected;
    return bytes.every((byte, index) => this.bytes[offset + index] === byte);
  }

  /** A magic number at any multiple of `step` below `end`. */
  hasWithin(expected: readonly number[], end: number, step: number): boolean {
    for (let at = 0; at < Math.min(end, this.bytes.length); at += step) if (this.has(expected, at)) return true;
    return false;
  }

  get bootable(): boolean {
    return this.has([0x55, 0xaa], 510);
  }

  get printable(): boolean {
    return this.bytes.subarray(0, SECTOR).every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13);
  }
}

const KERNEL = 'point image at the kernel itself, an ELF file with a PVH note or a Multiboot header';
const UNPACK = 'unpack it and point image at the kernel inside';
const FROM_DISK =
  'booting from a disk needs firmware, which is not there; copy the kernel file out of it (grub.cfg in it names the file), or take the one it was made from, and point image at that';

const MULTIBOOT2_MAGIC = [0xd6, 0x50, 0x52, 0xe8];

/** The first row that fits is told; more special ones stand before more general ones. */
const UNFIT_IMAGE_ROWS: readonly UnfitRow[] = [
  { is: (image) => image.size === 0, what: 'is empty', advice: 'build it again, or correct the path' },
  {
    is: (image) => image.has('HdrS', 0x202) && image.bootable,
    what: 'is a Linux bzImage',
    advice: 'set boot to "auto" or "linux", or fastBoot, which unpacks it and enters the kernel inside by PVH',
  },
  { is: (image) => image.has('CD001', 0x8001), what: 'is a CD image (ISO 9660)', advice: FROM_DISK },
  { is: (image) => image.has('QFI\xfb'), what: 'is a qcow2 disk image', advice: FROM_DISK },
  { is: (image) => image.has('KDMV') || image.has('# Disk DescriptorFile'), what: 'is a VMDK disk image', advice: FROM_DISK },
  { is: (image) => image.has('vhdxfile') || image.has('conectix'), what: 'is a virtual hard disk image (VHD)', advice: FROM_DISK },
  { is: (image) => image.has([0x7f, 0x10, 0xda, 0xbe], 0x40), what: 'is a VirtualBox disk image (VDI)', advice: FROM_DISK },
  { is: (image) => image.has('EFI PART', SECTOR), what: 'is a disk image (GPT)', advice: FROM_DISK },
  {
    is: (image) => image.bootable && image.size === SECTOR,
    what: 'is a boot sector',
    advice: `starting in 16-bit mode at 0x7c00 is not supported; ${KERNEL}`,
  },
  { is: (image) => image.bootable, what: 'is a disk image (it starts with a boot sector)', advice: FROM_DISK },
  {
    is: (image) => image.has('MZ'),
    what: 'is a Windows or EFI program (PE)',
    advice: `link the kernel as ELF, for example with "--target=x86_64-elf"; ${KERNEL}`,
  },
  {
    is: (image) => [0xce, 0xcf].some((last) => image.has([last, 0xfa, 0xed, 0xfe])) || image.has([0xca, 0xfe, 0xba, 0xbe]),
    what: 'is a macOS program (Mach-O)',
    advice: 'build the kernel with a cross compiler for x86_64-elf (clang --target=x86_64-elf and ld.lld)',
  },
  { is: (image) => image.has([0x1f, 0x8b]), what: 'is compressed with gzip', advice: UNPACK },
  { is: (image) => image.has([0xfd, 0x37, 0x7a, 0x58, 0x5a]), what: 'is compressed with xz', advice: UNPACK },
  { is: (image) => image.has([0x28, 0xb5, 0x2f, 0xfd]), what: 'is compressed with zstd', advice: UNPACK },
  { is: (image) => image.has('BZh'), what: 'is compressed with bzip2', advice: UNPACK },
  {
    is: (image) => image.has([0x04, 0x22, 0x4d, 0x18]) || image.has([0x02, 0x21, 0x4c, 0x18]),
    what: 'is compressed with lz4',
    advice: UNPACK,
  },
  { is: (image) => image.has('PK\x03\x04'), what: 'is a zip archive', advice: UNPACK },
  { is: (image) => image.has('ustar', 257), what: 'is a tar archive', advice: UNPACK },
  {
    is: (image) => image.has('07070'),
    what: 'is a cpio archive (an initramfs)',
    advice: 'pass it as a module or initrd, and point image at the kernel',
  },
  { is: (image) => image.has('!<arch>'), what: 'is a static library', advice: `link it; ${KERNEL}` },
  { is: (image) => image.has('\0asm'), what: 'is a WebAssembly module', advice: KERNEL },
  { is: (image) => image.has('BC\xc0\xde'), what: 'is LLVM bitcode', advice: `compile and link it; ${KERNEL}` },
  {
    is: (image) => image.hasWithin(MULTIBOOT2_MAGIC, 0x8000, 8),
    what: 'has the magic number of a Multiboot 2 header, and its checksum is wrong',
    advice: 'magic, architecture, header_length and checksum must add up to 0',
  },
  { is: (image) => image.has('#!'), what: 'is a script', advice: KERNEL },
  { is: (image) => image.printable, what: 'is a text file', advice: `build it first; ${KERNEL}` },
];

const EM_NAMES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S390',
  40: 'Arm',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

/** An ELF file without a boot header, and why it has none. */
function unfitElf(elf: ElfFile, multiboot2: boolean): BootError {
  const { machine, type } = elf.header;
  if (machine !== EM_386 && machine !== EM_X86_64) {
    return BootError.unfit(
      elf.name,
      `is built for ${EM_NAMES[machine] ?? `ELF machine ${machine}`}, not for x86`,
      'build it for x86-64 or i386',
    );
  }
  if (type === ET_REL) return BootError.unfit(elf.name, 'is an object file', `link it with the kernel's linker script; ${KERNEL}`);
  if (type === ET_CORE) return BootError.unfit(elf.name, 'is a core dump', KERNEL);
  if (elf.segments.some((segment) => segment.type === PT_INTERP)) {
    return BootError.unfit(elf.name, 'is a program for an operating system (it asks for a dynamic linker)', KERNEL);
  }
  if (multiboot2) {
    return BootError.unfit(
      elf.name,
      'has the magic number of a Multiboot 2 header, and its checksum is wrong',
      'magic, architecture, header_length and checksum must add up to 0',
    );
  }
  return BootError.unfit(
    elf.name,
    'is an ELF file with neither a PVH note nor a Multiboot header (version 1 in its first 8 KiB, version 2 in its first 32 KiB)',
    'add one of them (each is a few lines of assembly; keep the section from being discarded by the linker script)',
  );
}

export function unfitImage(image: ByteSource): BootError {
  const head = new Head(image);
  if (ElfFile.isElf(image)) return unfitElf(ElfFile.open(image), head.hasWithin(MULTIBOOT2_MAGIC, 0x8000, 8));
  const row = UNFIT_IMAGE_ROWS.find((candidate) => candidate.is(head));
  return BootError.unfit(image.name, row?.what ?? 'is not a kernel image that can be recognised', row?.advice ?? KERNEL);
}
