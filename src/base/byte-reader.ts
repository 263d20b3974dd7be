// Little-endian reading with a cursor. Reading past the end throws RangeError; formats turn it into their own message.

const utf8 = new TextDecoder();

export class ByteReader {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public offset = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  private take(count: number): number {
    const at = this.offset;
    if (count < 0 || at + count > this.end) throw new RangeError(`read of ${count} bytes at ${at} passes the end at ${this.end}`);
    this.offset = at + count;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }
  i8(): number {
    return this.view.getInt8(this.take(1));
  }
  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }
  i16(): number {
    return this.view.getInt16(this.take(2), true);
  }
  u24(): number {
    const at = this.take(3);
    return this.view.getUint16(at, true) | (this.view.getUint8(at + 2) << 16);
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }
  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }
  i64(): bigint {
    return this.view.getBigInt64(this.take(8), true);
  }

  /** An unsigned 64-bit value that must be a safe integer, as file offsets and sizes are. */
  u64n(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`value ${value} is not a plausible offset or size`);
    return Number(value);
  }

  /** ULEB128 up to 2^53. */
  uleb(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if ((byte & 0x80) === 0) return result;
      scale *= 128;
    }
  }

  /** ULEB128 as an unsigned 64-bit bigint. */
  ulebBig(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if ((byte & 0x80) === 0) return BigInt.asUintN(64, result);
    }
  }

  /** SLEB128 as a signed 64-bit bigint. */
  slebBig(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      result |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if ((byte & 0x80) === 0) return BigInt.asIntN(64, byte & 0x40 ? result - (1n << shift) : result);
    }
  }

  /** SLEB128 within the safe integers. */
  sleb(): number {
    return Number(this.slebBig());
  }

  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A zero-terminated string; the cursor ends behind the zero. */
  cstring(): string {
    let stop = this.offset;
    while (stop < this.end && this.bytes[stop] !== 0) stop++;
    const text = utf8.decode(this.slice(stop - this.offset));
    this.take(1);
    return text;
  }
}
