// CRC32 (SDM vol 2): polynomial 11EDC6F41h, bits reflected; the destination is a general register's slot whose low half holds the sum.
import type { Run } from './context';

const POLYNOMIAL = 0x82f6_3b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let i = 0; i < 8; i++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum;
});

const accumulate =
  (bytes: number): Run =>
  ({ view, destination, source2 }) => {
    let sum = view.getUint32(destination, true);
    for (let i = 0; i < bytes; i++) sum = TABLE[(sum ^ view.getUint8(source2 + i)) & 0xff]! ^ (sum >>> 8);
    view.setUint32(destination, sum, true);
    view.setUint32(destination + 4, 0, true);
    return undefined;
  };

export const CRC32 = {
  crc32of1: accumulate(1),
  crc32of2: accumulate(2),
  crc32of4: accumulate(4),
  crc32of8: accumulate(8),
} as const satisfies Record<string, Run>;
