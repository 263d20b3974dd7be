// The literals of a compressed block (RFC 8878, 3.1.1.3.1).
import { PackedDataFault } from '../unpack-error';
import { decodeHuffmanStream, type HuffmanTable, readHuffmanTable } from './huffman';

const KIND = { raw: 0, rle: 1, compressed: 2, treeless: 3 } as const;
const JUMP_TABLE_SIZE = 6;

export interface Literals {
  readonly bytes: Uint8Array;
  /** Of the section in the block. */
  readonly size: number;
  /** The code that stays for later blocks. */
  readonly table: HuffmanTable | undefined;
}

/** Little-endian, up to five bytes. */
const little = (block: Uint8Array, size: number): number => {
  let value = 0;
  for (let i = 0; i < size; i++) value += (block[i] ?? 0) * 2 ** (8 * i);
  return value;
};

export function readLiterals(block: Uint8Array, previous: HuffmanTable | undefined): Literals {
  const kind = block[0]! & 3;
  const format = (block[0]! >> 2) & 3;
  if (kind === KIND.raw || kind === KIND.rle) {
    const headerSize = [1, 2, 1, 3][format]!;
    const count = headerSize === 1 ? block[0]! >> 3 : little(block, headerSize) >> 4;
    if (kind === KIND.rle) return { bytes: new Uint8Array(count).fill(block[headerSize] ?? 0), size: headerSize + 1, table: previous };
    return { bytes: block.subarray(headerSize, headerSize + count), size: headerSize + count, table: previous };
  }
  const [headerSize, bits] = (
    [
      [3, 10],
      [3, 10],
      [4, 14],
      [5, 18],
    ] as const
  )[format]!;
  const header = little(block, headerSize);
  const count = Math.floor(header / 16) % 2 ** bits;
  const packed = Math.floor(header / 2 ** (4 + bits)) % 2 ** bits;
  let body = block.subarray(headerSize, headerSize + packed);
  let table = previous;
  if (kind === KIND.compressed) {
    const read = readHuffmanTable(body);
    table = read.table;
    body = body.subarray(read.size);
  }
  if (table === undefined) throw new PackedDataFault('literals without a code');
  const bytes = new Uint8Array(count);
  if (format === 0) decodeHuffmanStream(table, body, bytes);
  else decodeFour(table, body, bytes);
  return { bytes, size: headerSize + packed, table };
}

/** 4.2.2: the sizes of the first three of four streams, and the streams. */
function decodeFour(table: HuffmanTable, body: Uint8Array, output: Uint8Array): void {
  const sizes = [0, 2, 4].map((at) => (body[at] ?? 0) | ((body[at + 1] ?? 0) << 8));
  const each = (output.length + 3) >> 2;
  let at = JUMP_TABLE_SIZE;
  for (let stream = 0; stream < 4; stream++) {
    const end = stream < 3 ? at + sizes[stream]! : body.length;
    decodeHuffmanStream(table, body.subarray(at, end), output.subarray(stream * each, stream < 3 ? (stream + 1) * each : output.length));
    at = end;
  }
}
