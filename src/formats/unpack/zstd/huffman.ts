// Huffman codes of literals (RFC 8878, 4.2): their description by weights, and streams of them.
import { PackedDataFault } from '../unpack-error';
import { BackwardBits, highBit } from './bit-stream';
import { FseState, readFseTable } from './fse';

const DIRECT_WEIGHTS = 128;
const MOST_WEIGHTS_LOG = 6;
const MOST_WEIGHTS = 255;
const MOST_BITS = 11;

export interface HuffmanTable {
  readonly bits: number;
  /** By the next `bits` bits. */
  readonly symbols: Uint8Array;
  readonly lengths: Uint8Array;
}

/** 4.2.1: the table described at the start of `bytes`, and how many bytes the description takes. */
export function readHuffmanTable(bytes: Uint8Array): { table: HuffmanTable; size: number } {
  const header = bytes[0] ?? 0;
  if (header < DIRECT_WEIGHTS) return { table: huffmanTable(packedWeights(bytes.subarray(1, 1 + header))), size: 1 + header };
  const count = header - DIRECT_WEIGHTS + 1;
  const weights = Array.from({ length: count }, (_, i) => {
    const byte = bytes[1 + (i >> 1)] ?? 0;
    return i % 2 === 0 ? byte >> 4 : byte & 15;
  });
  return { table: huffmanTable(weights), size: 1 + ((count + 1) >> 1) };
}

/** 4.2.1.2: two states take turns until the stream is used up. */
function packedWeights(bytes: Uint8Array): number[] {
  const { table, size } = readFseTable(bytes, MOST_WEIGHTS_LOG);
  const stream = new BackwardBits(bytes.subarray(size));
  let [current, other] = [new FseState(table, stream), new FseState(table, stream)];
  const weights: number[] = [];
  while (weights.length < MOST_WEIGHTS) {
    weights.push(current.symbol);
    current.advance();
    if (stream.left < 0) {
      weights.push(other.symbol);
      return weights;
    }
    [current, other] = [other, current];
  }
  throw new PackedDataFault('more weights than symbols');
}

/** The last symbol's weight is what completes the sum to a power of two. */
function huffmanTable(given: readonly number[]): HuffmanTable {
  const sum = given.reduce((total, weight) => total + (weight > 0 ? 1 << (weight - 1) : 0), 0);
  if (sum === 0) throw new PackedDataFault('a code without symbols');
  const bits = highBit(sum) + 1;
  const rest = (1 << bits) - sum;
  if (bits > MOST_BITS || (rest & (rest - 1)) !== 0) throw new PackedDataFault('weights that do not add up');
  const weights = [...given, highBit(rest) + 1];
  const symbols = new Uint8Array(1 << bits);
  const lengths = new Uint8Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    weights.forEach((each, symbol) => {
      if (each !== weight) return;
      const span = 1 << (weight - 1);
      symbols.fill(symbol, at, at + span);
      lengths.fill(bits + 1 - weight, at, at + span);
      at += span;
    });
  }
  return { bits, symbols, lengths };
}

export function decodeHuffmanStream(table: HuffmanTable, bytes: Uint8Array, output: Uint8Array): void {
  const stream = new BackwardBits(bytes);
  const { bits, symbols, lengths } = table;
  for (let i = 0; i < output.length; i++) {
    const index = stream.peek(bits);
    output[i] = symbols[index]!;
    stream.left -= lengths[index]!;
  }
  if (stream.left !== 0) throw new PackedDataFault('a stream of literals of another length');
}
