// What a Linux bzImage says about itself (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"), and where its symbols usually lie.

import { type ByteSource, MemoryByteSource } from '../base/byte-source';
import { UserError } from '../base/user-error';
import { ElfFile } from '../formats/elf';
import { unpack } from '../formats/unpack/unpack';

const SETUP_SECTORS_AT = 0x1f1;
const DEFAULT_SETUP_SECTORS = 4;
const PAYLOAD_AT = 0x248;
const BOOT_FLAG_AT = 0x1fe;
const MAGIC_AT = 0x202;
const KERNEL_VERSION_AT = 0x20e;
const HEADER_READ = 0x300;
const BOOT_FLAG = 0xaa55;
const HDRS = 0x53726448;
/** The version text's offset counts from behind the boot sector. */
const SECTOR = 0x200;
const MOST_TEXT = 256;

export interface LinuxImage {
  /** "6.1.0-56-cloud-amd64" */
  readonly release: string;
  /** With the builder and the date. */
  readonly version: string;
}

/** undefined: no bzImage. */
export function linuxImage(image: ByteSource): LinuxImage | undefined {
  if (image.size < HEADER_READ) return undefined;
  const bytes = image.read(0, HEADER_READ);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(BOOT_FLAG_AT, true) !== BOOT_FLAG || view.getUint32(MAGIC_AT, true) !== HDRS) return undefined;
  const offset = view.getUint16(KERNEL_VERSION_AT, true);
  const text = offset === 0 ? new Uint8Array(0) : image.read(SECTOR + offset, MOST_TEXT);
  const end = text.indexOf(0);
  const version = new TextDecoder().decode(text.subarray(0, end < 0 ? text.length : end));
  return { release: version.split(' ')[0] ?? '', version };
}

/** Where distributions and kernel builds keep the vmlinux of a bzImage, the nearest first. */
export function vmlinuxPlaces(imagePath: string, release: string): string[] {
  const folder = imagePath.replace(/[^/\\]*$/, '') || './';
  const beside = [`${folder}vmlinux`, ...(release === '' ? [] : [`${folder}vmlinux-${release}`])];
  // arch/x86/boot/bzImage of a kernel tree.
  const tree = /[/\\]arch[/\\]x86[/\\]boot[/\\]$/.test(folder) ? [`${folder}../../../vmlinux`] : [];
  if (release === '') return [...tree, ...beside];
  return [
    ...tree,
    ...beside,
    `/usr/lib/debug/boot/vmlinux-${release}`,
    `/usr/lib/debug/lib/modules/${release}/vmlinux`,
    `/lib/modules/${release}/build/vmlinux`,
  ];
}

/** Where the sources of a kernel usually lie. */
export function linuxSourcePlaces(release: string, ...beside: readonly string[]): string[] {
  const [version = ''] = /^\d+\.\d+/.exec(release) ?? [];
  return [...beside, `/usr/src/linux-source-${version}`, `/usr/src/linux-${release}`, '/usr/src/linux'];
}

/** Debian builds below the sources, in folders of its own making: compile directories are relative for C, absolute for assembly. */
export function linuxSourceMap(root: string): Readonly<Record<string, string>> {
  return { 'debian/build/*': root, '/build/*/linux-*/debian/build/*': root, '/build/*/linux-*': root };
}

/** The ELF file that the image unpacks; UserError: it is packed in a way not known, or damaged. */
export function packedKernel(image: ByteSource): Uint8Array {
  const bytes = image.read(0, HEADER_READ);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sectors = view.getUint8(SETUP_SECTORS_AT) || DEFAULT_SETUP_SECTORS;
  const start = (sectors + 1) * SECTOR + view.getUint32(PAYLOAD_AT, true);
  return unpack(image.name, image.read(start, view.getUint32(PAYLOAD_AT + 4, true))).bytes;
}

/** The build-id of the vmlinux packed inside: the payload is unpacked for it. */
export function packedBuildId(image: ByteSource): string | undefined {
  try {
    return ElfFile.open(new MemoryByteSource(image.name, packedKernel(image))).buildId;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
