// LZ4 in its legacy frame, which Linux uses (lz4 -l): doc/lz4_Frame_format.md, "Legacy frame", and doc/lz4_Block_format.md.
import { copyBytes, copyMatch } from './copy-match';
import { PackedDataFault } from './unpack-error';

const MAGIC = 0x184c2102;
const MIN_MATCH = 4;
const MORE = 15;
const MOST_PER_BYTE = 255;
/** Up to so many bytes a loop is quicker than the runtime's functions: most literals and matches are fewer. */
const FEW = 32;

export function unpackLz4(source: Uint8Array, output: Uint8Array): number {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const written = new DataView(output.buffer, output.byteOffset, output.length);
  let at = 4;
  let end = 0;
  while (at + 4 <= source.length) {
    const size = view.getUint32(at, true);
    at += 4;
    // Frames may follow one another.
    if (size === MAGIC) continue;
    if (size === 0) break;
    if (at + size > source.length) throw new PackedDataFault(`a block of ${size} bytes ends behind it`);
    const block = source.subarray(at, at + size);
    end = new Lz4Block(block, new DataView(block.buffer, block.byteOffset, size), output, written).unpack(end);
    at += size;
  }
  return end;
}

/** A block and what is written, as views too: four bytes at a time are quicker than one by one. */
class Lz4Block {
  private at = 0;

  constructor(
    private readonly block: Uint8Array,
    private readonly blockView: DataView,
    private readonly output: Uint8Array,
    private readonly outputView: DataView,
  ) {}

  private more(length: number): number {
    const { block } = this;
    for (let total = length; ; ) {
      const byte = block[this.at++];
      if (byte === undefined) throw new PackedDataFault('a length has no end');
      total += byte;
      if (byte < MOST_PER_BYTE) return total;
    }
  }

  /** Sequences: a token, literals, a match. The last sequence of a block has literals alone. */
  unpack(start: number): number {
    const { block, output } = this;
    let end = start;
    while (this.at < block.length) {
      const token = block[this.at++]!;
      let literals = token >> 4;
      if (literals === MORE) literals = this.more(MORE);
      const { at } = this;
      if (literals > FEW || at + literals > block.length || end + literals > output.length)
        end = copyBytes(output, end, block.subarray(at, at + literals), literals);
      else end = copyForward(this.blockView, at, this.outputView, end, literals);
      this.at += literals;
      if (this.at >= block.length) break;
      const distance = block[this.at]! | ((block[this.at + 1] ?? 0) << 8);
      this.at += 2;
      let length = token & 15;
      if (length === MORE) length = this.more(MORE);
      length += MIN_MATCH;
      if (distance < 4 || distance > end || length > FEW || end + length > output.length) end = copyMatch(output, end, distance, length);
      else end = copyForward(this.outputView, end - distance, this.outputView, end, length);
    }
    return end;
  }
}

/** From lower addresses on, within both; the source may be as near as four bytes before. */
function copyForward(source: DataView, from: number, target: DataView, to: number, length: number): number {
  const end = to + length;
  let [at, place] = [from, to];
  for (; place + 4 <= end; at += 4, place += 4) target.setUint32(place, source.getUint32(at, true), true);
  for (; place < end; at++, place++) target.setUint8(place, source.getUint8(at));
  return end;
}
