// Deflate (RFC 1951): stored blocks, and blocks of fixed or own Huffman codes, each code looked up in one table by its longest length.
import { copyBytes, copyMatch } from './copy-match';
import { PackedDataFault } from './unpack-error';

const MOST_BITS = 15;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;
/** 3.2.5: base and extra bits of lengths and distances. */
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
  24577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
/** 3.2.7: the order in which lengths of the code length code are given. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface Code {
  readonly bits: number;
  /** By the next `bits` bits: symbol * 16 + length; 0: no code. */
  readonly table: Uint16Array;
}

/** 3.2.2, with the codes' bits reversed, as they come. */
function makeCode(lengths: readonly number[]): Code {
  const bits = Math.max(1, ...lengths);
  const table = new Uint16Array(1 << bits);
  const first = firstCodes(lengths);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const code = first[length]!++;
    let reversed = 0;
    for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = symbol * 16 + length;
  });
  return { bits, table };
}

function firstCodes(lengths: readonly number[]): number[] {
  const counts = new Array<number>(MOST_BITS + 1).fill(0);
  for (const length of lengths) if (length > 0) counts[length]!++;
  const first = new Array<number>(MOST_BITS + 1).fill(0);
  for (let length = 1; length <= MOST_BITS; length++) first[length] = (first[length - 1]! + (counts[length - 1] ?? 0)) << 1;
  return first;
}

class BitReader {
  private at = 0;
  private held = 0;
  private count = 0;

  constructor(private readonly source: Uint8Array) {}

  /** At most 16 bits; beyond the end there are zeros, up to a limit. */
  private fill(bits: number): void {
    while (this.count < bits) {
      if (this.at > this.source.length + 4) throw new PackedDataFault('it ends too soon');
      this.held |= (this.source[this.at++] ?? 0) << this.count;
      this.count += 8;
    }
  }

  take(bits: number): number {
    this.fill(bits);
    const value = this.held & ((1 << bits) - 1);
    this.held >>>= bits;
    this.count -= bits;
    return value;
  }

  symbol({ bits, table }: Code): number {
    this.fill(bits);
    const entry = table[this.held & ((1 << bits) - 1)]!;
    if (entry === 0) throw new PackedDataFault('a code that is none');
    this.held >>>= entry & 15;
    this.count -= entry & 15;
    return entry >> 4;
  }

  /** The stored bytes of a block: from the next byte boundary. */
  stored(): Uint8Array {
    this.at -= this.count >> 3;
    this.held = 0;
    this.count = 0;
    const length = this.take(16);
    this.take(16);
    const bytes = this.source.subarray(this.at, this.at + length);
    if (bytes.length < length) throw new PackedDataFault('it ends too soon');
    this.at += length;
    return bytes;
  }
}

const repeated = (value: number, times: number): number[] => new Array<number>(times).fill(value);

/** 3.2.6. */
function fixedCodes(): [Code, Code] {
  const lengths = [...repeated(8, 144), ...repeated(9, 112), ...repeated(7, 24), ...repeated(8, 8)];
  return [makeCode(lengths), makeCode(repeated(5, 30))];
}

/** 3.2.7. */
function ownCodes(reader: BitReader): [Code, Code] {
  const literals = reader.take(5) + FIRST_LENGTH;
  const distances = reader.take(5) + 1;
  const given = reader.take(4) + 4;
  const codeLengths = repeated(0, CODE_LENGTH_ORDER.length);
  for (let i = 0; i < given; i++) codeLengths[CODE_LENGTH_ORDER[i]!] = reader.take(3);
  const code = makeCode(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = reader.symbol(code);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...repeated(lengths.at(-1) ?? 0, reader.take(2) + 3));
    else lengths.push(...repeated(0, symbol === 17 ? reader.take(3) + 3 : reader.take(7) + 11));
  }
  return [makeCode(lengths.slice(0, literals)), makeCode(lengths.slice(literals, literals + distances))];
}

export function inflate(source: Uint8Array, output: Uint8Array): number {
  const reader = new BitReader(source);
  let end = 0;
  for (let last = false; !last; ) {
    last = reader.take(1) === 1;
    const type = reader.take(2);
    if (type === 3) throw new PackedDataFault('a block of an unknown kind');
    if (type === 0) {
      const bytes = reader.stored();
      end = copyBytes(output, end, bytes, bytes.length);
    } else end = inflateBlock(reader, type === 1 ? fixedCodes() : ownCodes(reader), output, end);
  }
  return end;
}

function inflateBlock(reader: BitReader, [literals, distances]: [Code, Code], output: Uint8Array, start: number): number {
  for (let end = start; ; ) {
    const symbol = reader.symbol(literals);
    if (symbol < END_OF_BLOCK) {
      if (end >= output.length) throw new PackedDataFault(`more than ${output.length} bytes`);
      output[end++] = symbol;
      continue;
    }
    if (symbol === END_OF_BLOCK) return end;
    const length = (LENGTH_BASE[symbol - FIRST_LENGTH] ?? 0) + reader.take(LENGTH_EXTRA[symbol - FIRST_LENGTH] ?? 0);
    const code = reader.symbol(distances);
    end = copyMatch(output, end, (DISTANCE_BASE[code] ?? 0) + reader.take(DISTANCE_EXTRA[code] ?? 0), length);
  }
}
