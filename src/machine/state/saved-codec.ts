// Canonical bytes of a SavedValue: equal values give equal bytes (keys sorted, one encoding per value). What snapshots are stored as and digests are made of.
import { assert } from '../../base/assert';
import type { SavedValue } from '../../base/saved';

const Tag = { null: 0, false: 1, true: 2, int32: 3, number: 4, bigint: 5, string: 6, bytes: 7, list: 8, record: 9 } as const;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true });

class Writer {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  private room(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
  u8(value: number): void {
    const at = this.room(1);
    this.bytes[at] = value;
  }
  i32(value: number): void {
    const at = this.room(4);
    this.view.setInt32(at, value, true);
  }
  /** A list of 32-bit numbers, as each alone would be: TLBs are long ones. False, and nothing is written: it holds something else. */
  int32s(list: readonly unknown[]): boolean {
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item !== 'number' || item !== (item | 0)) return false;
    }
    let at = this.room(list.length * 5);
    const { bytes } = this;
    for (let i = 0; i < list.length; i++) {
      const item = list[i] as number;
      bytes[at++] = Tag.int32;
      bytes[at++] = item;
      bytes[at++] = item >> 8;
      bytes[at++] = item >> 16;
      bytes[at++] = item >> 24;
    }
    return true;
  }
  u32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, true);
  }
  f64(value: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, value, true);
  }
  raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.bytes.set(bytes, at);
  }
  done(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

function writeCounted(out: Writer, tag: number, bytes: Uint8Array): void {
  out.u8(tag);
  out.u32(bytes.length);
  out.raw(bytes);
}

function write(out: Writer, value: SavedValue): void {
  if (value === null) out.u8(Tag.null);
  else if (typeof value === 'boolean') out.u8(value ? Tag.true : Tag.false);
  else if (typeof value === 'number') writeNumber(out, value);
  else if (typeof value === 'bigint') writeCounted(out, Tag.bigint, utf8Encoder.encode(value.toString(16)));
  else if (typeof value === 'string') writeCounted(out, Tag.string, utf8Encoder.encode(value));
  else if (value instanceof Uint8Array) writeCounted(out, Tag.bytes, value);
  else if (Array.isArray(value)) {
    out.u8(Tag.list);
    out.u32(value.length);
    if (out.int32s(value)) return;
    for (const item of value as readonly SavedValue[]) write(out, item);
  } else {
    const record = value as { readonly [key: string]: SavedValue };
    const keys = Object.keys(record).sort();
    out.u8(Tag.record);
    out.u32(keys.length);
    for (const key of keys) {
      writeCounted(out, Tag.string, utf8Encoder.encode(key));
      write(out, record[key]!);
    }
  }
}

function writeNumber(out: Writer, value: number): void {
  assert(Number.isSafeInteger(value), `a saved number is not a safe integer: ${value}`);
  if (value === (value | 0)) {
    out.u8(Tag.int32);
    out.i32(value | 0);
  } else {
    out.u8(Tag.number);
    out.f64(value);
  }
}

export function encodeSaved(value: SavedValue): Uint8Array {
  const out = new Writer();
  write(out, value);
  return out.done();
}

/** Throws RangeError or TypeError where the bytes are no encoding; the reader of a file says so in its own words. */
export function decodeSaved(bytes: Uint8Array): SavedValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number): number => {
    const here = at;
    at += count;
    if (at > bytes.length) throw new RangeError('saved state ends too early');
    return here;
  };
  const counted = (): Uint8Array => {
    const length = view.getUint32(take(4), true);
    const here = take(length);
    return bytes.subarray(here, here + length);
  };
  const key = (): string => {
    if (bytes[take(1)] !== Tag.string) throw new RangeError('saved state has a key that is no string');
    return utf8Decoder.decode(counted());
  };
  const read = (): SavedValue => {
    const tag = bytes[take(1)];
    switch (tag) {
      case Tag.null:
        return null;
      case Tag.false:
        return false;
      case Tag.true:
        return true;
      case Tag.int32:
        return view.getInt32(take(4), true);
      case Tag.number:
        return view.getFloat64(take(8), true);
      case Tag.bigint: {
        const text = utf8Decoder.decode(counted());
        return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
      }
      case Tag.string:
        return utf8Decoder.decode(counted());
      case Tag.bytes:
        return counted().slice();
      case Tag.list: {
        const count = view.getUint32(take(4), true);
        const list: SavedValue[] = [];
        for (let i = 0; i < count; i++) list.push(read());
        return list;
      }
      case Tag.record: {
        const count = view.getUint32(take(4), true);
        const record: Record<string, SavedValue> = {};
        for (let i = 0; i < count; i++) {
          const name = key();
          record[name] = read();
        }
        return record;
      }
      default:
        throw new RangeError(`saved state has an unknown tag ${tag}`);
    }
  };
  const value = read();
  if (at !== bytes.length) throw new RangeError('saved state is followed by something else');
  return value;
}
