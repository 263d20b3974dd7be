// Words and bits in pages that Xen and the guest share.
import type { PageRef, Physmap } from './physmap';

export class SharedMemory {
  constructor(private readonly physmap: Physmap) {}

  u8(ref: PageRef, offset: number): number {
    return this.physmap.read(ref, offset, 1)[0]!;
  }
  setU8(ref: PageRef, offset: number, value: number): void {
    this.physmap.write(ref, offset, Uint8Array.of(value));
  }

  u16(ref: PageRef, offset: number): number {
    return this.view(ref, offset, 2).getUint16(0, true);
  }
  setU16(ref: PageRef, offset: number, value: number): void {
    this.physmap.write(ref, offset, Uint8Array.of(value & 0xff, value >> 8));
  }

  u32(ref: PageRef, offset: number): number {
    return this.view(ref, offset, 4).getUint32(0, true);
  }
  setU32(ref: PageRef, offset: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.physmap.write(ref, offset, bytes);
  }

  u64(ref: PageRef, offset: number): bigint {
    return this.view(ref, offset, 8).getBigUint64(0, true);
  }
  setU64(ref: PageRef, offset: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.physmap.write(ref, offset, bytes);
  }

  bit(ref: PageRef, offset: number, bit: number): boolean {
    return ((this.u8(ref, offset + (bit >> 3)) >> (bit & 7)) & 1) !== 0;
  }
  /** What the bit was before. */
  setBit(ref: PageRef, offset: number, bit: number, on: boolean): boolean {
    const at = offset + (bit >> 3);
    const mask = 1 << (bit & 7);
    const before = this.u8(ref, at);
    this.setU8(ref, at, on ? before | mask : before & ~mask);
    return (before & mask) !== 0;
  }

  bytes(ref: PageRef, offset: number, length: number): Uint8Array {
    return this.physmap.read(ref, offset, length);
  }
  setBytes(ref: PageRef, offset: number, bytes: Uint8Array): void {
    this.physmap.write(ref, offset, bytes);
  }

  private view(ref: PageRef, offset: number, length: number): DataView {
    const bytes = this.physmap.read(ref, offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
}
