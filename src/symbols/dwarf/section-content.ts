// Where a debug section's bytes come from: the file as it is, unpacked, with an object file's relocations applied, or a part of another.

import type { ElfFile, ElfSection } from '../../formats/elf';
import { packedSection } from '../../formats/elf-compressed';
import { ET_REL } from '../../formats/elf-constants';
import { relocated } from './relocate';

export interface SectionContent {
  readonly size: number;
  /** Everything; kept by whoever needs it again. */
  all(): Uint8Array;
  /** Bytes that lie within the size, without loading the rest where that is possible. */
  part(offset: number, length: number): Uint8Array;
}

export function contentOf(elf: ElfFile, section: ElfSection): SectionContent {
  const packed = packedSection(elf, section);
  const isObject = elf.header.type === ET_REL;
  if (!packed && !isObject) return new StoredContent(elf, section);
  return new LoadedContent(packed?.size ?? section.size, () => {
    const bytes = packed ? packed.unpack() : elf.sectionBytes(section);
    return isObject ? relocated(elf, section, bytes) : bytes;
  });
}

class StoredContent implements SectionContent {
  constructor(
    private readonly elf: ElfFile,
    private readonly section: ElfSection,
  ) {}

  get size(): number {
    return this.section.size;
  }

  all(): Uint8Array {
    return this.elf.sectionBytes(this.section);
  }

  part(offset: number, length: number): Uint8Array {
    return this.elf.sectionWindow(this.section, offset, length);
  }
}

/** Bytes that exist only as a whole. */
class LoadedContent implements SectionContent {
  private loaded: Uint8Array | undefined;

  constructor(
    readonly size: number,
    private readonly load: () => Uint8Array,
  ) {}

  all(): Uint8Array {
    this.loaded ??= this.load();
    return this.loaded;
  }

  part(offset: number, length: number): Uint8Array {
    return this.all().subarray(offset, offset + length);
  }
}

/** One unit's contribution to a section of a DWARF package file. */
export class ContentPart implements SectionContent {
  constructor(
    private readonly whole: SectionContent,
    private readonly start: number,
    readonly size: number,
  ) {
    if (start + size > whole.size) throw new RangeError(`${size} bytes at ${start} pass the end at ${whole.size}`);
  }

  all(): Uint8Array {
    return this.whole.part(this.start, this.size);
  }

  part(offset: number, length: number): Uint8Array {
    return this.whole.part(this.start + offset, length);
  }
}

/** Sections of the same name, one after the other. */
export class JoinedContent implements SectionContent {
  readonly size: number;
  private joined: Uint8Array | undefined;

  constructor(private readonly parts: readonly SectionContent[]) {
    this.size = parts.reduce((total, { size }) => total + size, 0);
  }

  all(): Uint8Array {
    if (!this.joined) {
      this.joined = new Uint8Array(this.size);
      let at = 0;
      for (const part of this.parts) {
        this.joined.set(part.all(), at);
        at += part.size;
      }
    }
    return this.joined;
  }

  part(offset: number, length: number): Uint8Array {
    return this.all().subarray(offset, offset + length);
  }
}
