// What the Memory panel knows of memory: bytes in chunks, what they were at the stop before, and which of them are still to be read.
import type { MemoryAnswer } from '../../protocol/memory';
import { fromHex } from '../../protocol/wire';
import { UNKNOWN, UNREADABLE } from './model';

export const CHUNK = 64;
const chunk = BigInt(CHUNK);
/** Kept at most, beyond what is on the screen. */
const MOST_CHUNKS = 1024;

interface Chunk {
  bytes: Int16Array;
  before: Int16Array | undefined;
  fresh: boolean;
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

export class MemoryStore {
  private readonly chunks = new Map<bigint, Chunk>();

  /** UNKNOWN, UNREADABLE or the byte. */
  byte(address: bigint): number {
    return this.chunks.get(address / chunk)?.bytes[Number(address % chunk)] ?? UNKNOWN;
  }

  /** What it was at the stop before, where it has changed since. */
  before(address: bigint): number | undefined {
    const old = this.chunks.get(address / chunk)?.before?.[Number(address % chunk)];
    return old === undefined || old === UNKNOWN || old === this.byte(address) ? undefined : old;
  }

  /** The least range, in whole chunks, that covers what is not known or not fresh of [from, to). */
  missing(from: bigint, to: bigint): { address: bigint; length: number } | undefined {
    let first: bigint | undefined;
    let last = 0n;
    for (let index = from / chunk; index * chunk < to; index++) {
      if (this.chunks.get(index)?.fresh) continue;
      first ??= index;
      last = index + 1n;
    }
    return first === undefined ? undefined : { address: first * chunk, length: Number((last - first) * chunk) };
  }

  /** For a range of whole chunks. */
  accept({ address, length, pieces }: MemoryAnswer): void {
    const start = fromHex(address);
    const bytes = new Int16Array(length).fill(UNREADABLE);
    const before = new Int16Array(length).fill(UNKNOWN);
    let changes = false;
    for (const piece of pieces) {
      bytes.set(bytesOf(piece.bytes), piece.offset);
      if (piece.before === null) continue;
      before.set(bytesOf(piece.before), piece.offset);
      changes = true;
    }
    for (let at = 0; at < length; at += CHUNK) {
      const index = (start + BigInt(at)) / chunk;
      this.chunks.delete(index);
      this.chunks.set(index, {
        bytes: bytes.slice(at, at + CHUNK),
        before: changes ? before.slice(at, at + CHUNK) : undefined,
        fresh: true,
      });
    }
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= MOST_CHUNKS) break;
      this.chunks.delete(oldest);
    }
  }

  /** Everything may be different now; it is shown until it is read again. */
  stale(): void {
    for (const each of this.chunks.values()) each.fresh = false;
  }

  /** Another memory. */
  forget(): void {
    this.chunks.clear();
  }
}
