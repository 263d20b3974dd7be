// Compressed sections: SHF_COMPRESSED with its Elf32_Chdr or Elf64_Chdr (gABI, "Section Compression"), and GNU's older .zdebug_ sections,
// which begin with "ZLIB" and the size in big-endian order.

import { ByteReader } from '../base/byte-reader';
import type { ElfFile, ElfSection } from './elf';
import { ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD } from './elf-constants';
import { ElfError } from './elf-error';
import { PackedDataFault } from './unpack/unpack-error';
import { unpackZlib } from './unpack/zlib';
import { unpackZstd } from './unpack/zstd/zstd';

const CHDR_SIZE = { elf32: 12, elf64: 24 } as const;
const OLD_HEADER_SIZE = 12;
const OLD_MAGIC = 'ZLIB';
/** Deflate cannot do better; zstd does only for what no debug section holds. Guards against a damaged size. */
const MOST_RATIO = 1040;
const SMALL_SIZE = 1 << 24;

interface PackedSection {
  /** Bytes when unpacked. */
  readonly size: number;
  readonly unpack: () => Uint8Array;
}

/** What a compressed section holds; undefined for one that is stored as it is. Only its header is read at once. */
export function packedSection(elf: ElfFile, section: ElfSection): PackedSection | undefined {
  try {
    if (elf.isCompressed(section)) return withHeader(elf, section);
    return section.name.startsWith('.zdebug_') ? oldStyle(elf, section) : undefined;
  } catch (error) {
    if (error instanceof RangeError)
      throw ElfError.malformed(elf.name, `the header of section ${section.name} is damaged (${error.message})`);
    throw error;
  }
}

function withHeader(elf: ElfFile, section: ElfSection): PackedSection {
  const headerSize = elf.header.is64 ? CHDR_SIZE.elf64 : CHDR_SIZE.elf32;
  const reader = new ByteReader(elf.sectionWindow(section, 0, headerSize));
  const type = reader.u32();
  if (elf.header.is64) reader.u32(); // ch_reserved
  const size = elf.header.is64 ? reader.u64n() : reader.u32();
  if (type !== ELFCOMPRESS_ZLIB && type !== ELFCOMPRESS_ZSTD)
    throw ElfError.malformed(elf.name, `section ${section.name} is compressed in way ${type}, not 1 (zlib) or 2 (zstd)`);
  return packed(elf, section, headerSize, size, type === ELFCOMPRESS_ZLIB ? unpackZlib : unpackZstd);
}

function oldStyle(elf: ElfFile, section: ElfSection): PackedSection | undefined {
  const header = elf.sectionWindow(section, 0, OLD_HEADER_SIZE);
  if (String.fromCharCode(...header.subarray(0, 4)) !== OLD_MAGIC) return undefined;
  const size = new DataView(header.buffer, header.byteOffset).getBigUint64(4, false);
  return packed(elf, section, OLD_HEADER_SIZE, Number(size), unpackZlib);
}

function packed(
  elf: ElfFile,
  section: ElfSection,
  headerSize: number,
  size: number,
  unpack: (source: Uint8Array, output: Uint8Array) => number,
): PackedSection {
  const damaged = (what: string): ElfError => ElfError.malformed(elf.name, `the compressed section ${section.name} is damaged: ${what}`);
  if (size > Math.max(SMALL_SIZE, (section.size - headerSize) * MOST_RATIO)) throw damaged(`it would be ${size} bytes`);
  return {
    size,
    unpack: () => {
      const output = new Uint8Array(size);
      try {
        const written = unpack(elf.sectionBytes(section).subarray(headerSize), output);
        if (written !== size) throw damaged(`it gives ${written} bytes and not ${size}`);
      } catch (error) {
        if (error instanceof PackedDataFault || error instanceof RangeError) throw damaged(error.message);
        throw error;
      }
      return output;
    },
  };
}
