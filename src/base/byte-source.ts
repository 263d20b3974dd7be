// Random access to bytes: files are read in ranges, never whole. The Node implementation lives outside the core.

export interface ByteSource {
  /** For messages: a path or URL. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** Bytes [offset, offset+length), cut at the end of the source. Synchronous: callers run in a worker or on a command line. */
  read(offset: number, length: number): Uint8Array;
}

export class MemoryByteSource implements ByteSource {
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {}

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, Math.min(offset + length, this.bytes.length));
  }
}
