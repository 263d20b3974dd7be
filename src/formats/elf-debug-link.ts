// .gnu_debuglink: the name of the file with a program's debug information, and the CRC-32 of that file (gdb's manual, "Separate Debug Files").

import type { ByteSource } from '../base/byte-source';
import type { ElfFile } from './elf';
import { ElfError } from './elf-error';
import { stringAt } from './elf-symbols';

export interface DebugLink {
  readonly name: string;
  readonly checksum: number;
}

const CHUNK_SIZE = 1 << 20;
/** Reversed polynomial of IEEE 802.3, as in zlib. */
const POLYNOMIAL = 0xedb88320;

export function debugLinkOf(elf: ElfFile): DebugLink | undefined {
  const section = elf.section('.gnu_debuglink');
  if (!section) return undefined;
  const bytes = elf.sectionBytes(section);
  const name = stringAt(bytes, 0);
  // Behind the name and its zero, at the next multiple of 4.
  const at = Math.ceil((bytes.indexOf(0) + 1) / 4) * 4;
  if (name === '' || at + 4 > bytes.length) throw ElfError.malformed(elf.name, 'section .gnu_debuglink holds no name and checksum');
  return { name, checksum: new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true) };
}

/** The CRC-32 of a whole file, read piece by piece. */
export function linkChecksum(source: ByteSource): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  let crc = 0xffffffff;
  for (let offset = 0; offset < source.size; offset += CHUNK_SIZE) {
    for (const byte of source.read(offset, CHUNK_SIZE)) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
