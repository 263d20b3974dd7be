// gzip's header (RFC 1952, 2.3) around deflate.
import { inflate } from './inflate';
import { PackedDataFault } from './unpack-error';

const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10 } as const;
const HEADER_SIZE = 10;
const DEFLATE = 8;

export function unpackGzip(source: Uint8Array, output: Uint8Array): number {
  const flags = source[3] ?? 0;
  if (source[2] !== DEFLATE) throw new PackedDataFault(`of compression method ${source[2]}`);
  let at = HEADER_SIZE;
  const skipText = (): number => {
    const zero = source.indexOf(0, at);
    if (zero < 0) throw new PackedDataFault('its header has no end');
    return zero + 1;
  };
  if (flags & FLAG.extra) at += 2 + (source[at]! | (source[at + 1]! << 8));
  if (flags & FLAG.name) at = skipText();
  if (flags & FLAG.comment) at = skipText();
  if (flags & FLAG.headerCrc) at += 2;
  return inflate(source.subarray(at), output);
}
