// Zstandard frames (RFC 8878): blocks that are raw, one repeated byte, or literals and sequences. Dictionaries are not supported; checksums are not verified.
import { copyBytes } from '../copy-match';
import { PackedDataFault } from '../unpack-error';
import type { HuffmanTable } from './huffman';
import { readLiterals } from './literals';
import { runSequences, SequenceState } from './sequences';

const MAGIC = 0xfd2fb528;
/** 3.1.2: the lowest four bits of a skippable frame's magic number are free. */
const SKIPPABLE = 0x184d2a50;
const BLOCK = { raw: 0, rle: 1, compressed: 2 } as const;
const BLOCK_HEADER_SIZE = 3;
const CHECKSUM_SIZE = 4;

/** 3.1.1.1: the size of a frame's header behind the magic number. */
function headerSize(descriptor: number): number {
  const single = (descriptor >> 5) & 1;
  const contentSize = [single, 2, 4, 8][descriptor >> 6]!;
  const dictionaryId = [0, 1, 2, 4][descriptor & 3]!;
  if (dictionaryId !== 0) throw new PackedDataFault('it needs a dictionary');
  return 1 + (1 - single) + contentSize;
}

export function unpackZstd(source: Uint8Array, output: Uint8Array): number {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  let end = 0;
  for (let at = 0; at + 5 <= source.length; ) {
    const magic = view.getUint32(at, true);
    if ((magic & ~0xf) >>> 0 === SKIPPABLE) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== MAGIC) throw new PackedDataFault('something else follows it');
    const descriptor = source[at + 4]!;
    const frame = readFrame(source, at + 4 + headerSize(descriptor), output, end);
    at = frame.at + ((descriptor & 4) !== 0 ? CHECKSUM_SIZE : 0);
    end = frame.end;
  }
  return end;
}

function readFrame(source: Uint8Array, start: number, output: Uint8Array, outputStart: number): { at: number; end: number } {
  const state = new SequenceState();
  let table: HuffmanTable | undefined;
  let at = start;
  let end = outputStart;
  for (let last = false; !last; ) {
    if (at + BLOCK_HEADER_SIZE > source.length) throw new PackedDataFault('it ends too soon');
    const header = source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16);
    at += BLOCK_HEADER_SIZE;
    last = (header & 1) === 1;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    const stored = kind === BLOCK.rle ? 1 : size;
    if (at + stored > source.length) throw new PackedDataFault('it ends too soon');
    const block = source.subarray(at, at + stored);
    at += stored;
    if (kind === BLOCK.raw) end = copyBytes(output, end, block, size);
    else if (kind === BLOCK.rle) end = copyBytes(output, end, new Uint8Array(size).fill(block[0]!), size);
    else if (kind === BLOCK.compressed) {
      const literals = readLiterals(block, table);
      table = literals.table;
      end = runSequences(block.subarray(literals.size), literals.bytes, state, output, end);
    } else throw new PackedDataFault('a block of an unknown kind');
  }
  return { at, end };
}
