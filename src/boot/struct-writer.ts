// Little-endian structures of the boot protocols, written field by field into a block of known size.
import { assert } from '../base/assert';

export class StructWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  u32(...values: readonly number[]): this {
    for (const value of values) {
      this.view.setUint32(this.at, value, true);
      this.at += 4;
    }
    return this;
  }

  u64(...values: readonly number[]): this {
    for (const value of values) {
      this.view.setBigUint64(this.at, BigInt(value), true);
      this.at += 8;
    }
    return this;
  }

  raw(bytes: ArrayLike<number>): this {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  skipTo(offset: number): this {
    assert(offset >= this.at && offset <= this.bytes.length, `structure offset ${offset} after ${this.at}`);
    this.at = offset;
    return this;
  }
}
