// A byte reader that knows the 32- and 64-bit DWARF formats and the unit's address size (DWARF 5, 7.4).

import { ByteReader } from '../../base/byte-reader';

/** How wide offsets and addresses are in the unit being read. */
export interface DwarfFormat {
  readonly dwarf64: boolean;
  readonly addressSize: number;
}

export class DwarfCursor extends ByteReader implements DwarfFormat {
  dwarf64 = false;
  addressSize = 8;

  using(format: DwarfFormat): this {
    this.dwarf64 = format.dwarf64;
    this.addressSize = format.addressSize;
    return this;
  }

  /** A unit's length field, which also chooses the format. Values from 0xfffffff0 up are reserved. */
  initialLength(): number {
    const length = this.u32();
    this.dwarf64 = length === 0xffffffff;
    if (this.dwarf64) return this.u64n();
    if (length >= 0xfffffff0) throw new RangeError(`unit length ${length.toString(16)} is reserved`);
    return length;
  }

  sectionOffset(): number {
    return this.dwarf64 ? this.u64n() : this.u32();
  }

  address(): bigint {
    return this.unsigned(this.addressSize);
  }

  unsigned(size: number): bigint {
    switch (size) {
      case 1:
        return BigInt(this.u8());
      case 2:
        return BigInt(this.u16());
      case 3:
        return BigInt(this.u24());
      case 4:
        return BigInt(this.u32());
      case 8:
        return this.u64();
      default:
        throw new RangeError(`a number of ${size} bytes`);
    }
  }

  signed(size: number): bigint {
    return BigInt.asIntN(size * 8, this.unsigned(size));
  }

  skip(count: number): void {
    this.offset += count;
    if (this.offset > this.end) throw new RangeError(`skipping ${count} bytes passes the end at ${this.end}`);
  }

  skipLeb(): void {
    while (this.u8() & 0x80);
  }

  /** Bits above 64 are ignored, so that a run of continuation bytes costs no more than its length. */
  override ulebBig(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      if (shift < 70n) result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if ((byte & 0x80) === 0) return BigInt.asUintN(64, result);
    }
  }

  override slebBig(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      if (shift < 70n) result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if ((byte & 0x80) !== 0) continue;
      return BigInt.asIntN(64, byte & 0x40 && shift < 70n ? result - (1n << shift) : result);
    }
  }
}
