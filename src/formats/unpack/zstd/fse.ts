// Finite state entropy: distributions, and the decoding tables that they give (RFC 8878, 4.1).
import { PackedDataFault } from '../unpack-error';
import { type BackwardBits, ForwardBits, highBit } from './bit-stream';

const LESS_THAN_ONE = -1;
const LEAST_LOG = 5;

export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** 4.1.1: the table at the start of `bytes`, and how many bytes it takes. */
export function readFseTable(bytes: Uint8Array, mostLog: number): { table: FseTable; size: number } {
  const stream = new ForwardBits(bytes);
  const log = stream.take(4) + LEAST_LOG;
  if (log > mostLog) throw new PackedDataFault(`a table of 2^${log} entries`);
  const distribution: number[] = [];
  let remaining = 1 << log;
  while (remaining > 0) {
    const count = highBit(remaining + 1) + 1;
    const low = (1 << (count - 1)) - 1;
    const spare = (1 << count) - 1 - (remaining + 1);
    let value = stream.peek(count);
    if ((value & low) < spare) {
      value &= low;
      stream.skip(count - 1);
    } else {
      if (value > low) value -= spare;
      stream.skip(count);
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    distribution.push(probability);
    if (probability !== 0) continue;
    for (let zeros = 3; zeros === 3; ) {
      zeros = stream.take(2);
      for (let i = 0; i < zeros; i++) distribution.push(0);
    }
  }
  if (remaining !== 0) throw new PackedDataFault('a distribution that does not add up');
  return { table: fseTable(distribution, log), size: stream.bytesUsed };
}

/** 4.1.1: symbols are spread over the table; each then has as many bits as its share needs. */
export function fseTable(distribution: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = distribution.map((probability) => (probability === LESS_THAN_ONE ? 1 : probability));
  let high = size;
  distribution.forEach((probability, symbol) => {
    if (probability === LESS_THAN_ONE) symbols[--high] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  distribution.forEach((probability, symbol) => {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  });
  if (position !== 0) throw new PackedDataFault('a distribution that does not add up');
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const share = next[symbols[state]!]!++;
    bits[state] = log - highBit(share);
    bases[state] = (share << bits[state]!) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table that has one symbol and takes no bits. */
export const rleTable = (symbol: number): FseTable => ({
  log: 0,
  symbols: Uint8Array.of(symbol),
  bits: new Uint8Array(1),
  bases: new Uint16Array(1),
});

export class FseState {
  private state: number;

  constructor(
    private readonly table: FseTable,
    private readonly stream: BackwardBits,
  ) {
    this.state = stream.take(table.log);
  }

  get symbol(): number {
    return this.table.symbols[this.state]!;
  }

  advance(): void {
    this.state = this.table.bases[this.state]! + this.stream.take(this.table.bits[this.state]!);
  }
}
