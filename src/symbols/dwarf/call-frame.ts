// .debug_frame and .eh_frame: common information entries and frame descriptions (DWARF 5, 6.4.1; LSB 5.0, 10.6).

import { SymbolError } from '../symbol-error';
import { DwarfCursor } from './cursor';
import type { DwarfSection } from './section';

export interface Cie {
  readonly codeAlign: bigint;
  readonly dataAlign: bigint;
  readonly returnAddressRegister: number;
  /** DW_EH_PE_… of the addresses in its FDEs; absptr in .debug_frame. */
  readonly pointerEncoding: number;
  readonly addressSize: number;
  readonly hasAugmentationData: boolean;
  /** A frame made by an interrupt or signal: the pc is exact, not behind a call. */
  readonly signalFrame: boolean;
  readonly instructions: Uint8Array;
}

export interface Fde {
  readonly cie: Cie;
  readonly start: bigint;
  readonly end: bigint;
  readonly instructions: Uint8Array;
}

const DW_EH_PE_omit = 0xff;
const DW_EH_PE_pcrel = 0x10;
const DW_EH_PE_aligned = 0x50;
const DW_EH_PE_indirect = 0x80;

export class CallFrames {
  private readonly cies = new Map<number, Cie>();
  private fdeList: readonly Fde[] | undefined;
  private readonly isEh: boolean;

  constructor(
    private readonly section: DwarfSection,
    private readonly addressSize: number,
  ) {
    this.isEh = section.name === '.eh_frame';
  }

  /** By start address. */
  get fdes(): readonly Fde[] {
    this.fdeList ??= this.section.parse('a frame description', () => this.scan());
    return this.fdeList;
  }

  at(address: bigint): Fde | undefined {
    const { fdes } = this;
    let low = 0;
    let high = fdes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (fdes[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const found = fdes[low - 1];
    return found && address < found.end ? found : undefined;
  }

  private scan(): Fde[] {
    const fdes: Fde[] = [];
    const cursor = this.section.cursor(0);
    while (cursor.end - cursor.offset >= 4) {
      const start = cursor.offset;
      const length = cursor.initialLength();
      if (length === 0) {
        // .eh_frame's terminator; a linker may put it between two files' parts.
        if (this.isEh) continue;
        throw new RangeError('an entry without length');
      }
      const idAt = cursor.offset;
      const end = idAt + length;
      if (end > cursor.end) throw new RangeError(`an entry ends at ${end}, the section at ${cursor.end}`);
      const id = this.readId(cursor);
      if (id !== undefined) {
        const cie = this.cie(this.isEh ? idAt - id : id);
        const fde = this.fde(cie, idAt + (!this.isEh && cursor.dwarf64 ? 8 : 4), end);
        // Functions the linker threw away keep an FDE at 0; it counts only where the file really has code there.
        if (fde.end > fde.start && (fde.start !== 0n || this.section.hasCodeAt(0n))) fdes.push(fde);
      }
      cursor.offset = end > start ? end : cursor.end;
    }
    return fdes.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  /** An FDE's pointer to its CIE; undefined for a CIE's own mark. */
  private readId(cursor: DwarfCursor): number | undefined {
    if (this.isEh) return cursor.u32() || undefined;
    const id = cursor.unsigned(cursor.dwarf64 ? 8 : 4);
    if (id === (cursor.dwarf64 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn)) return undefined;
    return Number(id);
  }

  private cie(offset: number): Cie {
    const known = this.cies.get(offset);
    if (known) return known;
    const cursor = this.section.cursor(offset);
    const length = cursor.initialLength();
    const end = cursor.offset + length;
    if (this.readId(cursor) !== undefined) throw new RangeError(`no CIE at ${offset}`);
    const cie = this.parseCie(cursor, end);
    this.cies.set(offset, cie);
    return cie;
  }

  private parseCie(cursor: DwarfCursor, end: number): Cie {
    const version = cursor.u8();
    if (version !== 1 && version !== 3 && version !== 4) throw new RangeError(`CIE version ${version}`);
    const augmentation = cursor.cstring();
    let { addressSize } = this;
    if (version === 4) {
      addressSize = cursor.u8();
      cursor.u8(); // segment selector size
    }
    const codeAlign = cursor.ulebBig();
    const dataAlign = cursor.slebBig();
    const returnAddressRegister = version === 1 ? cursor.u8() : cursor.uleb();
    let pointerEncoding = 0;
    let signalFrame = false;
    const hasAugmentationData = augmentation.startsWith('z');
    if (hasAugmentationData) {
      const size = cursor.uleb();
      const next = cursor.offset + size;
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = cursor.u8();
        else if (letter === 'L') cursor.u8();
        else if (letter === 'P') this.pointer(cursor, cursor.u8(), addressSize);
        else if (letter === 'S') signalFrame = true;
      }
      cursor.offset = next;
    } else if (augmentation !== '') {
      throw SymbolError.unsupported(this.section.file, `call frame augmentation "${augmentation}"`, 'compile with gcc or clang');
    }
    const instructions = cursor.slice(end - cursor.offset);
    return { codeAlign, dataAlign, returnAddressRegister, pointerEncoding, addressSize, hasAugmentationData, signalFrame, instructions };
  }

  private fde(cie: Cie, at: number, end: number): Fde {
    const cursor = this.section.cursor(at);
    const start = this.pointer(cursor, cie.pointerEncoding, cie.addressSize);
    // The size is an offset, not a place: only the format half of the encoding counts.
    const size = this.pointer(cursor, cie.pointerEncoding & 0x0f, cie.addressSize);
    if (cie.hasAugmentationData) cursor.skip(cursor.uleb());
    return { cie, start, end: start + size, instructions: cursor.slice(end - cursor.offset) };
  }

  private pointer(cursor: DwarfCursor, encoding: number, addressSize: number): bigint {
    if (encoding === DW_EH_PE_omit) return 0n;
    const place = this.section.address + BigInt(cursor.offset);
    const value = encodedNumber(cursor, encoding & 0x0f, addressSize);
    const application = encoding & 0x70;
    if (application === DW_EH_PE_aligned) throw new RangeError('an aligned pointer');
    // The P letter's personality routine may be indirect or relative to something else; nobody here calls it.
    if (encoding & DW_EH_PE_indirect) return 0n;
    return BigInt.asUintN(addressSize * 8, application === DW_EH_PE_pcrel ? place + value : value);
  }
}

function encodedNumber(cursor: DwarfCursor, format: number, addressSize: number): bigint {
  switch (format) {
    case 0x0:
      return cursor.unsigned(addressSize);
    case 0x1:
      return cursor.ulebBig();
    case 0x2:
      return cursor.unsigned(2);
    case 0x3:
      return cursor.unsigned(4);
    case 0x4:
      return cursor.unsigned(8);
    case 0x8:
      return cursor.signed(addressSize);
    case 0x9:
      return cursor.slebBig();
    case 0xa:
      return cursor.signed(2);
    case 0xb:
      return cursor.signed(4);
    case 0xc:
      return cursor.signed(8);
    default:
      throw new RangeError(`pointer encoding ${format}`);
  }
}

export function instructionCursor(bytes: Uint8Array, addressSize: number): DwarfCursor {
  return new DwarfCursor(bytes).using({ dwarf64: false, addressSize });
}
