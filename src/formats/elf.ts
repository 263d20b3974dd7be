// A lazy reader of ELF files: the header is read when a file is opened, every table on first use. System V ABI, chapters 4 and 5.
// Little-endian, 32- and 64-bit. File offsets and sizes are numbers, addresses are bigints.

import { ByteReader } from '../base/byte-reader';
import type { ByteSource } from '../base/byte-source';
import {
  PN_XNUM,
  PT_NOTE,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHN_XINDEX,
  SHT_DYNSYM,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from './elf-constants';
import { ElfError } from './elf-error';
import { buildIdOf, type ElfNote, parseNotes } from './elf-notes';
import { type ElfSymbol, parseSymbols, stringAt } from './elf-symbols';

export { ElfError } from './elf-error';
export type { ElfNote } from './elf-notes';
export type { ElfSymbol } from './elf-symbols';

export interface ElfHeader {
  readonly is64: boolean;
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly flags: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
}

/** Where the tables are, as the file header says (before the escapes of section 0 are resolved). */
interface Tables {
  readonly phoff: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shoff: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

const IDENT_SIZE = 16;
const EMPTY = new Uint8Array(0);

export class ElfFile {
  private segmentTable: readonly ElfSegment[] | undefined;
  private sectionTable: readonly ElfSection[] | undefined;
  private noteList: readonly ElfNote[] | undefined;
  private symbolList: readonly ElfSymbol[] | undefined;

  private constructor(
    readonly source: ByteSource,
    readonly header: ElfHeader,
    private readonly tables: Tables,
  ) {}

  /** Cheap look at the magic number, for choosing a loader. */
  static isElf(source: ByteSource): boolean {
    const magic = source.read(0, 4);
    return magic.length === 4 && magic[0] === 0x7f && magic[1] === 0x45 && magic[2] === 0x4c && magic[3] === 0x46;
  }

  static open(source: ByteSource): ElfFile {
    if (!ElfFile.isElf(source)) throw ElfError.notElf(source.name);
    const ident = readExact(source, 'the ELF identification', 0, IDENT_SIZE);
    const [elfClass, data, version] = [ident[4], ident[5], ident[6]];
    if (elfClass !== 1 && elfClass !== 2)
      throw ElfError.malformed(source.name, `its ELF class is ${elfClass}, not 1 (32-bit) or 2 (64-bit)`);
    if (data === 2) throw ElfError.unsupported(source.name, 'it is big-endian');
    if (data !== 1) throw ElfError.malformed(source.name, `its data encoding is ${data}, not 1 (little-endian)`);
    if (version !== 1) throw ElfError.unsupported(source.name, `its ELF version is ${version}, not 1`);
    const is64 = elfClass === 2;
    const reader = new ByteReader(readExact(source, 'the ELF header', IDENT_SIZE, is64 ? 48 : 36));
    return guarded(source, 'the ELF header', () => {
      const word = (): number => (is64 ? reader.u64n() : reader.u32());
      const type = reader.u16();
      const machine = reader.u16();
      reader.u32(); // e_version
      const entry = is64 ? reader.u64() : BigInt(reader.u32());
      const phoff = word();
      const shoff = word();
      const flags = reader.u32();
      reader.u16(); // e_ehsize
      const phentsize = reader.u16();
      const phnum = reader.u16();
      const shentsize = reader.u16();
      const shnum = reader.u16();
      const shstrndx = reader.u16();
      return new ElfFile(source, { is64, type, machine, entry, flags }, { phoff, phentsize, phnum, shoff, shentsize, shnum, shstrndx });
    });
  }

  get name(): string {
    return this.source.name;
  }

  get segments(): readonly ElfSegment[] {
    this.segmentTable ??= this.readSegments();
    return this.segmentTable;
  }

  get sections(): readonly ElfSection[] {
    this.sectionTable ??= this.readSections();
    return this.sectionTable;
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /**
   * An object file as if it were loaded: allocated sections at the given addresses, the others one after the other from 0, since all
   * say 0 themselves. Symbol values stay offsets from their section.
   */
  placed(addresses: ReadonlyMap<string, bigint>): ElfFile {
    const copy = new ElfFile(this.source, this.header, this.tables);
    let next = 0n;
    copy.sectionTable = this.sections.map((section) => {
      if ((section.flags & SHF_ALLOC) === 0) return section;
      const given = addresses.get(section.name);
      if (given !== undefined) return { ...section, address: given };
      const align = BigInt(Math.max(1, section.align));
      const address = ((next + align - 1n) / align) * align;
      next = address + BigInt(section.size);
      return { ...section, address };
    });
    return copy;
  }

  /** A segment's bytes in the file (without the zeros up to memorySize). */
  segmentBytes(segment: ElfSegment): Uint8Array {
    return readExact(this.source, `the segment at ${hex(segment.vaddr)}`, segment.offset, segment.fileSize);
  }

  /** A section's bytes as stored; empty for one without bytes (.bss). Compressed sections come as they are: ask isCompressed. */
  sectionBytes(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS) return EMPTY;
    return readExact(this.source, `section ${section.name}`, section.offset, section.size);
  }

  /** Part of a section's bytes as stored, without reading the rest. */
  sectionWindow(section: ElfSection, offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > section.size)
      throw ElfError.malformed(this.name, `section ${section.name} ends within the ${length} bytes at ${offset}`);
    return readExact(this.source, `section ${section.name}`, section.offset + offset, length);
  }

  isCompressed(section: ElfSection): boolean {
    return (section.flags & SHF_COMPRESSED) !== 0;
  }

  /** Notes of PT_NOTE segments, or where the file has none, of SHT_NOTE sections. */
  get notes(): readonly ElfNote[] {
    this.noteList ??= this.readNotes();
    return this.noteList;
  }

  /** Lower-case hexadecimal GNU build-id, if the linker wrote one. */
  get buildId(): string | undefined {
    return buildIdOf(this.notes);
  }

  /** .symtab, or .dynsym where the file has been stripped. Entry 0 is left out. */
  get symbols(): readonly ElfSymbol[] {
    this.symbolList ??= this.readSymbols();
    return this.symbolList;
  }

  private readSegments(): readonly ElfSegment[] {
    const { phoff, phentsize, shoff } = this.tables;
    let count = this.tables.phnum;
    if (count === PN_XNUM && shoff !== 0) count = this.readRawSection(0).info;
    if (count === 0 || phoff === 0) return [];
    const { is64 } = this.header;
    const size = is64 ? 56 : 32;
    if (phentsize < size) throw ElfError.malformed(this.name, `its program headers are ${phentsize} bytes each, not ${size}`);
    const bytes = readExact(this.source, 'the program header table', phoff, count * phentsize);
    return guarded(this.source, 'a program header', () =>
      Array.from({ length: count }, (_, i) => parseSegment(new ByteReader(bytes, i * phentsize), is64)),
    );
  }

  private readRawSection(index: number): ElfSection & { readonly nameOffset: number } {
    const { shoff, shentsize } = this.tables;
    this.checkSectionSize();
    const bytes = readExact(this.source, `section header ${index}`, shoff + index * shentsize, shentsize);
    return guarded(this.source, `section header ${index}`, () => parseSection(new ByteReader(bytes), this.header.is64, index));
  }

  private checkSectionSize(): void {
    const size = this.header.is64 ? 64 : 40;
    if (this.tables.shentsize < size)
      throw ElfError.malformed(this.name, `its section headers are ${this.tables.shentsize} bytes each, not ${size}`);
  }

  private readSections(): readonly ElfSection[] {
    const { shoff, shentsize } = this.tables;
    let { shnum: count, shstrndx } = this.tables;
    if (shoff === 0) return [];
    if (count === 0 || shstrndx === SHN_XINDEX) {
      const first = this.readRawSection(0);
      if (count === 0) count = first.size;
      if (shstrndx === SHN_XINDEX) shstrndx = first.link;
    }
    if (count === 0) return [];
    this.checkSectionSize();
    const bytes = readExact(this.source, 'the section header table', shoff, count * shentsize);
    const raw = guarded(this.source, 'a section header', () =>
      Array.from({ length: count }, (_, i) => parseSection(new ByteReader(bytes, i * shentsize), this.header.is64, i)),
    );
    const strings = raw[shstrndx];
    const names = strings && shstrndx !== 0 ? this.sectionBytes({ ...strings, name: 'of section names' }) : EMPTY;
    return raw.map(({ nameOffset, ...section }) => ({ ...section, name: stringAt(names, nameOffset) }));
  }

  private readNotes(): readonly ElfNote[] {
    const places = this.segments
      .filter((segment) => segment.type === PT_NOTE)
      .map((segment) => ({ bytes: this.segmentBytes(segment), align: segment.align }));
    if (places.length === 0) {
      for (const section of this.sections) {
        if (section.type === SHT_NOTE) places.push({ bytes: this.sectionBytes(section), align: section.align });
      }
    }
    return places.flatMap(({ bytes, align }) => guarded(this.source, 'a note', () => parseNotes(bytes, align)));
  }

  private readSymbols(): readonly ElfSymbol[] {
    const table =
      this.sections.find((section) => section.type === SHT_SYMTAB) ?? this.sections.find((section) => section.type === SHT_DYNSYM);
    if (!table) return [];
    const strings = this.sections[table.link];
    if (!strings) throw ElfError.malformed(this.name, `its symbol table names string table ${table.link}, which does not exist`);
    const extended = this.sections.find((section) => section.type === SHT_SYMTAB_SHNDX && section.link === table.index);
    const bytes = this.sectionBytes(table);
    return guarded(this.source, 'the symbol table', () =>
      parseSymbols(bytes, this.sectionBytes(strings), extended ? this.sectionBytes(extended) : undefined, this.header.is64),
    );
  }
}

/** Exactly these bytes of a source, or the error that says what is missing. */
export function readExact(source: ByteSource, what: string, offset: number, length: number): Uint8Array {
  if (offset + length > source.size) throw ElfError.truncated(source.name, what, offset + length, source.size);
  const bytes = source.read(offset, length);
  if (bytes.length !== length) throw ElfError.truncated(source.name, what, offset + length, offset + bytes.length);
  return bytes;
}

/** Parsing of untrusted bytes: running off the end becomes the user's error. */
function guarded<T>(source: ByteSource, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw ElfError.malformed(source.name, `${what} does not make sense (${error.message})`);
    throw error;
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function parseSegment(reader: ByteReader, is64: boolean): ElfSegment {
  const type = reader.u32();
  if (is64) {
    const flags = reader.u32();
    const offset = reader.u64n();
    const vaddr = reader.u64();
    const paddr = reader.u64();
    return { type, flags, offset, vaddr, paddr, fileSize: reader.u64n(), memorySize: reader.u64n(), align: reader.u64n() };
  }
  const offset = reader.u32();
  const vaddr = BigInt(reader.u32());
  const paddr = BigInt(reader.u32());
  const fileSize = reader.u32();
  const memorySize = reader.u32();
  return { type, offset, vaddr, paddr, fileSize, memorySize, flags: reader.u32(), align: reader.u32() };
}

function parseSection(reader: ByteReader, is64: boolean, index: number): ElfSection & { readonly nameOffset: number } {
  const word = (): number => (is64 ? reader.u64n() : reader.u32());
  const nameOffset = reader.u32();
  const type = reader.u32();
  // Only the low 32 flag bits are defined for x86; the high half holds OS and processor bits nobody asks for here.
  const flags = reader.u32();
  if (is64) reader.u32();
  const address = is64 ? reader.u64() : BigInt(reader.u32());
  const offset = word();
  const size = word();
  const link = reader.u32();
  const info = reader.u32();
  return { index, nameOffset, name: '', type, flags, address, offset, size, link, info, align: word(), entrySize: word() };
}
