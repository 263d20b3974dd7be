// Kernel modules as distributions pack them: .ko.gz, .ko.xz, .ko.zst. Unpacked in memory; the packed size bounds what is tried.

import { type ByteSource, MemoryByteSource } from '../base/byte-source';
import { unpackGzip } from '../formats/unpack/gzip';
import { PackedDataFault } from '../formats/unpack/unpack-error';
import { unpackXz } from '../formats/unpack/xz';
import { unpackZstd } from '../formats/unpack/zstd/zstd';
import { SymbolError } from './symbol-error';

const UNPACKERS: readonly { readonly suffix: RegExp; readonly unpack: (source: Uint8Array, output: Uint8Array) => number }[] = [
  { suffix: /\.gz$/, unpack: unpackGzip },
  { suffix: /\.xz$/, unpack: unpackXz },
  { suffix: /\.zst$/, unpack: unpackZstd },
];
/** How much larger than the packed file: debug information packs well. */
const FACTORS = [8, 32, 128];

/** The file itself where its name has no such suffix. */
export function unpackedSource(source: ByteSource): ByteSource {
  const row = UNPACKERS.find(({ suffix }) => suffix.test(source.name));
  if (!row) return source;
  const packed = source.read(0, source.size);
  let reason = '';
  for (const factor of FACTORS) {
    const output = new Uint8Array(packed.length * factor);
    try {
      const length = row.unpack(packed, output);
      return new MemoryByteSource(source.name.replace(row.suffix, ''), output.slice(0, length));
    } catch (error) {
      if (!(error instanceof PackedDataFault) && !(error instanceof RangeError)) throw error;
      reason = error.message;
    }
  }
  throw SymbolError.unsupported(source.name, `this packed file (${reason})`, 'unpack it beside itself');
}
