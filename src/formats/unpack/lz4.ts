// LZ4 in its legacy frame, which Linux uses (lz4 -l): doc/lz4_Frame_format.md, "Legacy frame", and doc/lz4_Block_format.md.
import { copyBytes, copyMatch } from './copy-match';
import { PackedDataFault } from './unpack-error';

const MAGIC = 0x184c2102;
const MIN_MATCH = 4;
const MORE = 15;
const MOST_PER_BYTE = 255;
/** Up to so many bytes a loop is quicker than a view of them: most literals are fewer. */
const FEW = 32;

export function unpackLz4(source: Uint8Array, output: Uint8Array): number {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  let at = 4;
  let end = 0;
  while (at + 4 <= source.length) {
    const size = view.getUint32(at, true);
    at += 4;
    // Frames may follow one another.
    if (size === MAGIC) continue;
    if (size === 0) break;
    if (at + size > source.length) throw new PackedDataFault(`a block of ${size} bytes ends behind it`);
    end = unpackBlock(source.subarray(at, at + size), output, end);
    at += size;
  }
  return end;
}

function copyFew(block: Uint8Array, from: number, output: Uint8Array, to: number, length: number): number {
  if (from + length > block.length || to + length > output.length)
    return copyBytes(output, to, block.subarray(from, from + length), length);
  for (let i = 0; i < length; i++) output[to + i] = block[from + i]!;
  return to + length;
}

/** Sequences: a token, literals, a match. The last sequence of a block has literals alone. */
function unpackBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0;
  let end = start;
  const more = (length: number): number => {
    if (length < MORE) return length;
    for (let total = length; ; ) {
      const byte = block[at++];
      if (byte === undefined) throw new PackedDataFault('a length has no end');
      total += byte;
      if (byte < MOST_PER_BYTE) return total;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = more(token >> 4);
    if (literals > FEW) end = copyBytes(output, end, block.subarray(at, at + literals), literals);
    else end = copyFew(block, at, output, end, literals);
    at += literals;
    if (at >= block.length) break;
    const distance = block[at]! | ((block[at + 1] ?? 0) << 8);
    at += 2;
    end = copyMatch(output, end, distance, more(token & 15) + MIN_MATCH);
  }
  return end;
}
