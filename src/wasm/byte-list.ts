// A growing list of bytes: modules are some hundred KB, too many for arrays of numbers.

export class ByteList {
  private buffer = new Uint8Array(64);
  length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
  /** The byte appended last; undefined where there is none. */
  get last(): number | undefined {
    return this.length === 0 ? undefined : this.buffer[this.length - 1];
  }
  push(byte: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = byte;
  }
  append(bytes: ByteList | readonly number[] | Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes instanceof ByteList ? bytes.buffer.subarray(0, bytes.length) : bytes, this.length);
    this.length += bytes.length;
  }
  /** A copy. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }
}
