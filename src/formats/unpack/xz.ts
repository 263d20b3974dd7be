// The xz container (The .xz File Format 1.1.0): one stream, blocks of LZMA2 with or without the x86 filter before it. Checks are not
// verified: the size and the kernel inside are.
import { Lzma2 } from './lzma2';
import { PackedDataFault } from './unpack-error';
import { relativeBranches } from './x86-branches';

const STREAM_HEADER_SIZE = 12;
const FILTER = { x86: 0x04, lzma2: 0x21 } as const;
/** 2.1.1.2: bytes of the check by its number. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const BLOCK_FLAG = { filters: 0x03, reserved: 0x3c, compressedSize: 0x40, uncompressedSize: 0x80 } as const;
const VLI_BYTES = 9;

class Cursor {
  constructor(
    private readonly source: Uint8Array,
    public at: number,
  ) {}

  byte(): number {
    const byte = this.source[this.at++];
    if (byte === undefined) throw new PackedDataFault('it ends too soon');
    return byte;
  }

  /** 1.2: seven bits a byte, the lowest first. */
  vli(): number {
    let value = 0;
    for (let i = 0; i < VLI_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new PackedDataFault('a number that is too long');
  }
}

/** 3.1.5: the start offset of the x86 filter, undefined where there is none. */
function readFilters(cursor: Cursor, count: number): number | undefined {
  let x86Start: number | undefined;
  let last = 0;
  for (let i = 0; i < count; i++) {
    last = cursor.vli();
    const size = cursor.vli();
    let properties = 0;
    for (let byte = 0; byte < size; byte++) properties += cursor.byte() * 2 ** (8 * byte);
    if (last === FILTER.x86) x86Start = properties;
    else if (last !== FILTER.lzma2) throw new PackedDataFault(`it uses filter 0x${last.toString(16)}, which is not known here`);
  }
  if (last !== FILTER.lzma2) throw new PackedDataFault('its last filter is not LZMA2');
  return x86Start;
}

export function unpackXz(source: Uint8Array, output: Uint8Array): number {
  const checkSize = CHECK_SIZES[(source[7] ?? 0) & 0x0f]!;
  let at = STREAM_HEADER_SIZE;
  let end = 0;
  // 3.1.1: a header size of 0 is the index.
  for (let size = source[at] ?? 0; size !== 0; size = source[at] ?? 0) {
    const cursor = new Cursor(source, at + 1);
    const flags = cursor.byte();
    if ((flags & BLOCK_FLAG.reserved) !== 0) throw new PackedDataFault('a block with unknown flags');
    if (flags & BLOCK_FLAG.compressedSize) cursor.vli();
    if (flags & BLOCK_FLAG.uncompressedSize) cursor.vli();
    const x86Start = readFilters(cursor, (flags & BLOCK_FLAG.filters) + 1);
    const lzma = new Lzma2(source, at + (size + 1) * 4, output, end);
    lzma.unpack();
    if (x86Start !== undefined) relativeBranches(output.subarray(end, lzma.end), x86Start);
    end = lzma.end;
    at = Math.ceil(lzma.at / 4) * 4 + checkSize;
  }
  return end;
}
