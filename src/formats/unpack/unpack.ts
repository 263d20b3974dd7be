// Unpacks what Linux packs its kernels with. The unpacked size is known: it is in the last four bytes, as the kernel's build puts it there (gzip has it there by itself).
import { unpackGzip } from './gzip';
import { unpackLz4 } from './lz4';
import { PackedDataFault, UnpackError } from './unpack-error';
import { unpackXz } from './xz';
import { unpackZstd } from './zstd/zstd';

interface UnpackerRow {
  readonly format: string;
  readonly magic: readonly number[];
  /** Fills `output` and gives the number of bytes written. Data that is damaged: PackedDataFault or RangeError. */
  readonly unpack: (source: Uint8Array, output: Uint8Array) => number;
}

const UNPACKER_ROWS: readonly UnpackerRow[] = [
  { format: 'gzip', magic: [0x1f, 0x8b], unpack: unpackGzip },
  { format: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unpackXz },
  { format: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18], unpack: unpackLz4 },
  { format: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unpackZstd },
];
const SIZE_BYTES = 4;
/** More than a guest's memory. */
const MOST_BYTES = 0xe0000000;

export function unpack(file: string, packed: Uint8Array): { readonly format: string; readonly bytes: Uint8Array } {
  const row = UNPACKER_ROWS.find(({ magic }) => magic.every((byte, index) => packed[index] === byte));
  if (row === undefined || packed.length < SIZE_BYTES) throw UnpackError.unknown(file);
  const size = new DataView(packed.buffer, packed.byteOffset + packed.length - SIZE_BYTES).getUint32(0, true);
  if (size > MOST_BYTES) throw UnpackError.damaged(file, row.format, `it would be ${size} bytes`);
  const bytes = new Uint8Array(size);
  const written = fill(file, row, packed.subarray(0, packed.length - SIZE_BYTES), bytes);
  if (written !== size) throw UnpackError.damaged(file, row.format, `it gives ${written} bytes and not ${size}`);
  return { format: row.format, bytes };
}

function fill(file: string, row: UnpackerRow, source: Uint8Array, output: Uint8Array): number {
  try {
    return row.unpack(source, output);
  } catch (error) {
    if (error instanceof PackedDataFault || error instanceof RangeError) throw UnpackError.damaged(file, row.format, error.message);
    throw error;
  }
}
