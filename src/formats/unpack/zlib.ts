// zlib's wrapper (RFC 1950, 2.2) around deflate. The checksum behind the data is not verified.
import { inflate } from './inflate';
import { PackedDataFault } from './unpack-error';

const DEFLATE = 8;
const FLAG_DICTIONARY = 0x20;
const HEADER_SIZE = 2;

/** Fills `output` and gives the number of bytes written. Data that is damaged: PackedDataFault or RangeError. */
export function unpackZlib(source: Uint8Array, output: Uint8Array): number {
  const [method = 0, flags = 0] = source;
  if ((method & 0xf) !== DEFLATE || (method * 256 + flags) % 31 !== 0) throw new PackedDataFault('it has no zlib header');
  if ((flags & FLAG_DICTIONARY) !== 0) throw new PackedDataFault('it needs a dictionary');
  return inflate(source.subarray(HEADER_SIZE), output);
}
