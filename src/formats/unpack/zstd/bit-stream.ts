// The two directions in which zstd reads bits (RFC 8878, 4.1): forward for tables, backward for streams, which end with a 1 behind the last bit.
import { PackedDataFault } from '../unpack-error';

export const highBit = (value: number): number => 31 - Math.clz32(value);

const MOST_AT_ONCE = 24;

/** Bits [position, position + count) of little-endian bytes, outside of which there are zeros. */
function bitsAt(bytes: Uint8Array, position: number, count: number): number {
  const at = position >> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  return (word >>> (position & 7)) & ((1 << count) - 1);
}

export class ForwardBits {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  peek(count: number): number {
    return bitsAt(this.bytes, this.position, count);
  }

  skip(count: number): void {
    this.position += count;
    if (this.position > this.bytes.length * 8) throw new PackedDataFault('a table ends too soon');
  }

  take(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  get bytesUsed(): number {
    return (this.position + 7) >> 3;
  }
}

export class BackwardBits {
  /** Bits that are left; below 0: zeros were read. */
  left: number;

  constructor(private readonly bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw new PackedDataFault('a stream without its end mark');
    this.left = (bytes.length - 1) * 8 + highBit(last);
  }

  take(count: number): number {
    if (count > MOST_AT_ONCE) {
      const high = this.take(count - 16);
      return high * 0x10000 + this.take(16);
    }
    this.left -= count;
    if (this.left >= 0) return bitsAt(this.bytes, this.left, count);
    // Zeros stand below the first bit.
    return this.left + count <= 0 ? 0 : bitsAt(this.bytes, 0, this.left + count) << -this.left;
  }

  /** The next `count` bits without taking them. */
  peek(count: number): number {
    const value = this.take(count);
    this.left += count;
    return value;
  }
}
