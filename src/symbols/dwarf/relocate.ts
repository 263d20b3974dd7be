// Object files (.o, .ko) carry debug sections that still need relocation. x86-64 psABI table 4.9, i386 psABI table 4.4:
// the few types that occur in debug sections. A symbol's address is its section's address plus its value.

import { ByteReader } from '../../base/byte-reader';
import { ElfError, type ElfFile, type ElfSection } from '../../formats/elf';
import { EM_X86_64, SHT_REL, SHT_RELA } from '../../formats/elf-constants';

interface RelocationRow {
  readonly size: 4 | 8;
  readonly pcRelative: boolean;
}

const ABSOLUTE_64: RelocationRow = { size: 8, pcRelative: false };
const ABSOLUTE_32: RelocationRow = { size: 4, pcRelative: false };
const RELATIVE_32: RelocationRow = { size: 4, pcRelative: true };
const RELATIVE_64: RelocationRow = { size: 8, pcRelative: true };

/** R_X86_64_64, _PC32, _32, _32S, _DTPOFF64, _DTPOFF32, _PC64 */
const X86_64_ROWS: ReadonlyMap<number, RelocationRow> = new Map([
  [1, ABSOLUTE_64],
  [2, RELATIVE_32],
  [10, ABSOLUTE_32],
  [11, ABSOLUTE_32],
  [17, ABSOLUTE_64],
  [21, ABSOLUTE_32],
  [24, RELATIVE_64],
]);

/** R_386_32, _PC32, _TLS_LDO_32 */
const I386_ROWS: ReadonlyMap<number, RelocationRow> = new Map([
  [1, ABSOLUTE_32],
  [2, RELATIVE_32],
  [32, ABSOLUTE_32],
]);

/** The section's bytes as the linker would place them. */
export function relocated(elf: ElfFile, section: ElfSection, bytes: Uint8Array): Uint8Array {
  const tables = elf.sections.filter((table) => (table.type === SHT_RELA || table.type === SHT_REL) && table.info === section.index);
  if (tables.length === 0) return bytes;
  const copy = bytes.slice();
  for (const table of tables) applyTable(elf, section, table, copy);
  return copy;
}

function applyTable(elf: ElfFile, section: ElfSection, table: ElfSection, bytes: Uint8Array): void {
  const { is64 } = elf.header;
  const rows = elf.header.machine === EM_X86_64 ? X86_64_ROWS : I386_ROWS;
  const reader = new ByteReader(elf.sectionBytes(table));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entrySize = (is64 ? 16 : 8) + (table.type === SHT_RELA ? (is64 ? 8 : 4) : 0);
  while (reader.end - reader.offset >= entrySize) {
    const offset = is64 ? Number(reader.u64()) : reader.u32();
    const info = is64 ? reader.u64() : BigInt(reader.u32());
    const type = Number(is64 ? info & 0xffffffffn : info & 0xffn);
    const symbolIndex = Number(is64 ? info >> 32n : info >> 8n);
    const addend = table.type === SHT_RELA ? (is64 ? reader.i64() : BigInt(reader.i32())) : undefined;
    const row = rows.get(type);
    if (!row) continue;
    if (offset + row.size > bytes.length) throw ElfError.malformed(elf.name, `a relocation in ${table.name} lies outside ${section.name}`);
    const symbol = elf.symbols[symbolIndex - 1];
    const base =
      (symbol ? symbol.value + (elf.sections[symbol.section]?.address ?? 0n) : 0n) -
      (row.pcRelative ? section.address + BigInt(offset) : 0n);
    if (row.size === 8) view.setBigUint64(offset, BigInt.asUintN(64, base + (addend ?? view.getBigInt64(offset, true))), true);
    else view.setUint32(offset, Number(BigInt.asUintN(32, base + (addend ?? BigInt(view.getInt32(offset, true))))), true);
  }
}
