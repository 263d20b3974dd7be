// One debug section: its bytes read on first use, and the errors that name it.

import type { ElfFile } from '../../formats/elf';
import { SHF_ALLOC } from '../../formats/elf-constants';
import { SymbolError } from '../symbol-error';
import { DwarfCursor } from './cursor';
import { ContentPart, type SectionContent } from './section-content';

export class DwarfSection {
  private whole: Uint8Array | undefined;

  constructor(
    readonly name: string,
    /** For messages. */
    readonly file: string,
    /** The program that the section tells about; another file where debug information lies apart. */
    private readonly program: ElfFile,
    readonly address: bigint,
    private readonly content: SectionContent,
  ) {}

  get size(): number {
    return this.content.size;
  }

  /** The whole section; for those whose parts are not read one unit at a time. */
  bytes(): Uint8Array {
    this.whole ??= this.content.all();
    return this.whole;
  }

  /** Bytes [offset, offset+length) without loading the rest. */
  window(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > this.size) throw new RangeError(`${length} bytes at ${offset} pass the end of ${this.name}`);
    return this.whole ? this.whole.subarray(offset, offset + length) : this.content.part(offset, length);
  }

  cursor(offset: number): DwarfCursor {
    const bytes = this.bytes();
    if (offset > bytes.length) throw new RangeError(`offset ${offset} passes the end of ${this.name}`);
    return new DwarfCursor(bytes, offset);
  }

  /** A part of it as a section of its own. */
  slice(offset: number, size: number): DwarfSection {
    const part = this.parse('a contribution', () => new ContentPart(this.content, offset, size));
    return new DwarfSection(this.name, this.file, this.program, this.address, part);
  }

  /** Runs a parser over this section: running off the end becomes the user's error that names section and place. */
  parse<T>(what: string, body: () => T): T {
    return parsing(this.file, this.name, what, body);
  }

  /** Whether the program really has something at an address: what a linker threw away keeps debug information at 0 or so. */
  hasCodeAt(address: bigint): boolean {
    return hasCodeAt(this.program, address);
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
