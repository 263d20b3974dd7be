// The kernel packed in a bzImage as a file with symbols: what is unpacked has no symbol table, but Linux's own (kallsyms) is in its data and is made one here.
// Its types are in .BTF, its unwind tables in .orc_unwind, as in a vmlinux. There are no lines and no local variables.

import { type ByteSource, MemoryByteSource } from '../../base/byte-source';
import { UserError } from '../../base/user-error';
import { ElfFile, type ElfSection } from '../../formats/elf';
import { SHF_ALLOC, SHN_ABS, SHT_STRTAB, SHT_SYMTAB, STB_GLOBAL, STB_LOCAL, STT_FUNC, STT_OBJECT } from '../../formats/elf-constants';
import { packedKernel } from '../linux-image';
import { type KernelSymbol, kernelSymbols } from './kallsyms';

const HEADER = { sectionsAt: 40, sectionCount: 60, namesIndex: 62 } as const;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;

/** undefined: it cannot be unpacked or has no table of symbols. */
export function kernelInside(image: ByteSource): ByteSource | undefined {
  try {
    const kernel = packedKernel(image);
    const elf = ElfFile.open(new MemoryByteSource(image.name, kernel));
    const rodata = elf.section('.rodata');
    const symbols = rodata && kernelSymbols(elf.sectionBytes(rodata));
    return symbols && new MemoryByteSource(image.name, withSymbols(elf, kernel, symbols));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The same file with .symtab and .strtab behind it. */
function withSymbols(elf: ElfFile, kernel: Uint8Array, symbols: readonly KernelSymbol[]): Uint8Array {
  const { sections } = elf;
  const { names, table } = symbolTable(sections, symbols);
  const old = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const ownNames = sections[old.getUint16(HEADER.namesIndex, true)];
  const sectionNames = new TextEncoder().encode('\0.symtab\0.strtab\0');
  const nameBytes = concat([ownNames ? elf.sectionBytes(ownNames) : new Uint8Array(0), sectionNames]);
  const firstName = nameBytes.length - sectionNames.length + 1;

  const tableAt = (kernel.length + 7) & ~7;
  const namesAt = tableAt + table.length;
  const sectionNamesAt = namesAt + names.length;
  const headersAt = (sectionNamesAt + nameBytes.length + 7) & ~7;
  const bytes = new Uint8Array(headersAt + (sections.length + 2) * SECTION_BYTES);
  bytes.set(kernel);
  bytes.set(table, tableAt);
  bytes.set(names, namesAt);
  bytes.set(nameBytes, sectionNamesAt);
  const oldHeaders = Number(old.getBigUint64(HEADER.sectionsAt, true));
  bytes.set(kernel.subarray(oldHeaders, oldHeaders + sections.length * SECTION_BYTES), headersAt);

  const view = new DataView(bytes.buffer);
  view.setBigUint64(HEADER.sectionsAt, BigInt(headersAt), true);
  view.setUint16(HEADER.sectionCount, sections.length + 2, true);
  if (ownNames) {
    view.setBigUint64(headersAt + ownNames.index * SECTION_BYTES + 24, BigInt(sectionNamesAt), true);
    view.setBigUint64(headersAt + ownNames.index * SECTION_BYTES + 32, BigInt(nameBytes.length), true);
  }
  const header = (index: number, name: number, type: number, offset: number, size: number, link: number, entry: number): void => {
    const at = headersAt + index * SECTION_BYTES;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setUint32(at + 40, link, true);
    view.setBigUint64(at + 48, 8n, true);
    view.setBigUint64(at + 56, BigInt(entry), true);
  };
  header(sections.length, firstName, SHT_SYMTAB, tableAt, table.length, sections.length + 1, SYMBOL_BYTES);
  header(sections.length + 1, firstName + '.symtab\0'.length, SHT_STRTAB, namesAt, names.length, 0, 0);
  return bytes;
}

function symbolTable(sections: readonly ElfSection[], symbols: readonly KernelSymbol[]): { names: Uint8Array; table: Uint8Array } {
  const placed = sections.filter(({ flags, size }) => (flags & SHF_ALLOC) !== 0 && size > 0);
  const table = new Uint8Array((symbols.length + 1) * SYMBOL_BYTES);
  const view = new DataView(table.buffer);
  const names = new TextEncoder().encode(`\0${symbols.map(({ name }) => name).join('\0')}\0`);
  let name = 1;
  let last: ElfSection | undefined;
  for (const [i, symbol] of symbols.entries()) {
    const at = (i + 1) * SYMBOL_BYTES;
    const within = (section: ElfSection | undefined): boolean =>
      section !== undefined && symbol.address >= section.address && symbol.address < section.address + BigInt(section.size);
    if (!within(last)) last = placed.find(within);
    const isCode = /[tw]/i.test(symbol.type);
    const isGlobal = symbol.type !== symbol.type.toLowerCase();
    view.setUint32(at, name, true);
    view.setUint8(at + 4, ((isGlobal ? STB_GLOBAL : STB_LOCAL) << 4) | (isCode ? STT_FUNC : STT_OBJECT));
    view.setUint16(at + 6, last?.index ?? SHN_ABS, true);
    view.setBigUint64(at + 8, symbol.address, true);
    name = names.indexOf(0, name) + 1;
  }
  return { names, table };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
