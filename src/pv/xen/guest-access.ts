// The caller's memory by its own addresses, as hypercalls see their structures (Xen: copy_from_guest, copy_to_guest). Nothing is read or written in part.
import type { XenHost } from './host-port';
import { PAGE_SIZE } from './layout';

interface Piece {
  readonly gpa: number;
  readonly at: number;
  readonly length: number;
}

export class GuestAccess {
  constructor(
    private readonly host: XenHost,
    private readonly vcpu: number,
    /** Called in 64-bit code: addresses and longs have 64 bits. */
    readonly wide: boolean,
  ) {}

  private pieces(linear: bigint, length: number, write: boolean): Piece[] | undefined {
    const pieces: Piece[] = [];
    for (let at = 0; at < length; ) {
      const here = BigInt.asUintN(this.wide ? 64 : 32, linear + BigInt(at));
      const place = this.host.translate(this.vcpu, here);
      if (place === undefined || (write && !place.writable)) return undefined;
      const part = Math.min(length - at, PAGE_SIZE - (place.gpa % PAGE_SIZE));
      pieces.push({ gpa: place.gpa, at, length: part });
      at += part;
    }
    return pieces;
  }

  /** undefined: -EFAULT. */
  read(linear: bigint, length: number): Uint8Array | undefined {
    const out = new Uint8Array(length);
    for (const piece of this.pieces(linear, length, false) ?? [undefined]) {
      const bytes = piece && this.host.memory.read(piece.gpa, piece.length);
      if (bytes === undefined) return undefined;
      out.set(bytes, piece!.at);
    }
    return out;
  }

  view(linear: bigint, length: number): DataView | undefined {
    const bytes = this.read(linear, length);
    return bytes && new DataView(bytes.buffer);
  }

  /** False: -EFAULT. */
  write(linear: bigint, bytes: Uint8Array): boolean {
    const pieces = this.pieces(linear, bytes.length, true);
    if (pieces === undefined) return false;
    return pieces.every(({ gpa, at, length }) => this.host.memory.write(gpa, bytes.subarray(at, at + length)));
  }

  u64(linear: bigint): bigint | undefined {
    return this.view(linear, 8)?.getBigUint64(0, true);
  }
  writeU64(linear: bigint, value: bigint): boolean {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return this.write(linear, bytes);
  }
  writeU32(linear: bigint, value: number): boolean {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return this.write(linear, bytes);
  }
  writeU16(linear: bigint, value: number): boolean {
    return this.write(linear, Uint8Array.of(value & 0xff, (value >> 8) & 0xff));
  }
}
