// The debug sections of one file: found by name, read on first use, relocated where the file is an object file.

import { type ElfFile, type ElfSection, readExact } from '../../formats/elf';
import { ET_REL, SHF_ALLOC, SHF_COMPRESSED } from '../../formats/elf-constants';
import { SymbolError } from '../symbol-error';
import { DwarfCursor } from './cursor';
import { relocatedBytes } from './relocate';

export class DwarfSection {
  private whole: Uint8Array | undefined;

  constructor(
    private readonly elf: ElfFile,
    readonly section: ElfSection,
  ) {}

  get name(): string {
    return this.section.name;
  }

  get file(): string {
    return this.elf.name;
  }

  get size(): number {
    return this.section.size;
  }

  get address(): bigint {
    return this.section.address;
  }

  /** The whole section; for those whose parts are not read one unit at a time. */
  bytes(): Uint8Array {
    this.whole ??= this.elf.header.type === ET_REL ? relocatedBytes(this.elf, this.section) : this.elf.sectionBytes(this.section);
    return this.whole;
  }

  /** Bytes [offset, offset+length) without loading the rest. */
  window(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > this.size) throw new RangeError(`${length} bytes at ${offset} pass the end of ${this.name}`);
    if (this.whole || this.elf.header.type === ET_REL) return this.bytes().subarray(offset, offset + length);
    return readExact(this.elf.source, `section ${this.name}`, this.section.offset + offset, length);
  }

  cursor(offset: number): DwarfCursor {
    const bytes = this.bytes();
    if (offset > bytes.length) throw new RangeError(`offset ${offset} passes the end of ${this.name}`);
    return new DwarfCursor(bytes, offset);
  }

  /** Runs a parser over this section: running off the end becomes the user's error that names section and place. */
  parse<T>(what: string, body: () => T): T {
    return parsing(this.file, this.name, what, body);
  }

  /** Whether the file really has something at an address: what a linker threw away keeps debug information at 0 or so. */
  hasCodeAt(address: bigint): boolean {
    return hasCodeAt(this.elf, address);
  }

  malformed(what: string): SymbolError {
    return SymbolError.malformed(this.file, this.name, what);
  }
}

export function hasCodeAt(elf: ElfFile, address: bigint): boolean {
  return elf.sections.some(
    (section) => (section.flags & SHF_ALLOC) !== 0 && address >= section.address && address < section.address + BigInt(section.size),
  );
}

export function parsing<T>(file: string, section: string, what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) throw SymbolError.truncated(file, section, `${what} (${error.message})`);
    throw error;
  }
}

export class DwarfSections {
  private readonly known = new Map<string, DwarfSection | undefined>();

  constructor(readonly elf: ElfFile) {}

  get file(): string {
    return this.elf.name;
  }

  get(name: string): DwarfSection | undefined {
    if (!this.known.has(name)) this.known.set(name, this.find(name));
    return this.known.get(name);
  }

  /** A section that is used only if it can be. */
  optional(name: string): DwarfSection | undefined {
    try {
      return this.get(name);
    } catch (error) {
      if (error instanceof SymbolError) return undefined;
      throw error;
    }
  }

  /** A section that another one refers to: its absence is damage. */
  require(name: string, by: string): DwarfSection {
    const section = this.get(name);
    if (!section) throw SymbolError.malformed(this.file, by, `it refers to ${name}, which the file does not have`);
    return section;
  }

  private find(name: string): DwarfSection | undefined {
    const section = this.elf.section(name);
    const old = name.startsWith('.debug_') ? this.elf.section(name.replace('.debug_', '.zdebug_')) : undefined;
    if (old || (section && (section.flags & SHF_COMPRESSED) !== 0)) throw SymbolError.compressed(this.file, (section ?? old)?.name ?? name);
    return section && section.size > 0 ? new DwarfSection(this.elf, section) : undefined;
  }
}
