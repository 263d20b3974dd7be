// The ELF symbol table (gABI, "Symbol Table").

import { ByteReader } from '../base/byte-reader';
import { SHN_XINDEX } from './elf-constants';

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** STT_… */
  readonly type: number;
  /** STB_… */
  readonly binding: number;
  /** Index of the section, or SHN_UNDEF, SHN_ABS, SHN_COMMON. */
  readonly section: number;
}

const utf8 = new TextDecoder();

/** All symbols but entry 0. Throws RangeError when the table is cut within an entry. */
export function parseSymbols(table: Uint8Array, strings: Uint8Array, extendedIndexes: Uint8Array | undefined, is64: boolean): ElfSymbol[] {
  const reader = new ByteReader(table);
  const extended = extendedIndexes && new ByteReader(extendedIndexes);
  const entrySize = is64 ? 24 : 16;
  const symbols: ElfSymbol[] = [];
  for (let at = entrySize; at + entrySize <= table.length; at += entrySize) {
    reader.offset = at;
    const nameOffset = reader.u32();
    let value = 0n;
    let size = 0n;
    if (!is64) {
      value = BigInt(reader.u32());
      size = BigInt(reader.u32());
    }
    const info = reader.u8();
    reader.u8(); // st_other
    let section = reader.u16();
    if (is64) {
      value = reader.u64();
      size = reader.u64();
    }
    if (section === SHN_XINDEX && extended) {
      extended.offset = (at / entrySize) * 4;
      section = extended.u32();
    }
    symbols.push({ name: stringAt(strings, nameOffset), value, size, type: info & 15, binding: info >> 4, section });
  }
  return symbols;
}

/** The zero-terminated string at an offset of a string table; empty where the offset is outside. */
export function stringAt(table: Uint8Array, offset: number): string {
  if (offset >= table.length) return '';
  const end = table.indexOf(0, offset);
  return utf8.decode(table.subarray(offset, end < 0 ? table.length : end));
}
