// The sequences of a compressed block (RFC 8878, 3.1.1.3.2): literals to copy, then a match, again and again.
import { copyBytes, copyMatch } from '../copy-match';
import { PackedDataFault } from '../unpack-error';
import { BackwardBits } from './bit-stream';
import { FseState, type FseTable, fseTable, readFseTable, rleTable } from './fse';

const MODE = { predefined: 0, rle: 1, compressed: 2, repeat: 3 } as const;

interface CodeKind {
  readonly mostLog: number;
  readonly mostSymbol: number;
  readonly predefined: { readonly log: number; readonly distribution: readonly number[] };
}

/** 3.1.1.3.2.2: the default distributions. */
const LITERAL_LENGTHS: CodeKind = {
  mostLog: 9,
  mostSymbol: 35,
  predefined: {
    log: 6,
    distribution: [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
  },
};
const MATCH_LENGTHS: CodeKind = {
  mostLog: 9,
  mostSymbol: 52,
  predefined: {
    log: 6,
    distribution: [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, -1, -1, -1, -1, -1, -1, -1,
    ],
  },
};
const OFFSETS: CodeKind = {
  mostLog: 8,
  mostSymbol: 31,
  predefined: {
    log: 5,
    distribution: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  },
};

/** 3.1.1.3.2.1.1: base and extra bits by code. */
const LITERAL_BASE = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
  16384, 32768, 65536,
];
const LITERAL_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 39, 41,
  43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
];
const MATCH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9,
  10, 11, 12, 13, 14, 15, 16,
];

/** What stays from block to block of a frame. */
export class SequenceState {
  readonly tables: { literals?: FseTable; offsets?: FseTable; matches?: FseTable } = {};
  repeated: [number, number, number] = [1, 4, 8];
}

/** The section's bytes and the block's literals to output; the end of what is written then. */
export function runSequences(section: Uint8Array, literals: Uint8Array, state: SequenceState, output: Uint8Array, start: number): number {
  let at = 1;
  let count = section[0] ?? 0;
  if (count === 255) {
    count = section[1]! + (section[2]! << 8) + 0x7f00;
    at = 3;
  } else if (count >= 128) {
    count = ((count - 128) << 8) + section[1]!;
    at = 2;
  }
  if (count === 0) return copyBytes(output, start, literals, literals.length);
  const modes = section[at++]!;
  const table = (kind: CodeKind, mode: number, previous: FseTable | undefined): FseTable => {
    if (mode === MODE.predefined) return fseTable(kind.predefined.distribution, kind.predefined.log);
    if (mode === MODE.rle) return rleTable(section[at++] ?? 0);
    if (mode === MODE.compressed) {
      const read = readFseTable(section.subarray(at), kind.mostLog);
      at += read.size;
      return read.table;
    }
    if (previous === undefined) throw new PackedDataFault('a block repeats a table that there is not');
    return previous;
  };
  const { tables } = state;
  tables.literals = table(LITERAL_LENGTHS, (modes >> 6) & 3, tables.literals);
  tables.offsets = table(OFFSETS, (modes >> 4) & 3, tables.offsets);
  tables.matches = table(MATCH_LENGTHS, (modes >> 2) & 3, tables.matches);

  const stream = new BackwardBits(section.subarray(at));
  const literalState = new FseState(tables.literals, stream);
  const offsetState = new FseState(tables.offsets, stream);
  const matchState = new FseState(tables.matches, stream);
  let end = start;
  let used = 0;
  for (let i = 0; i < count; i++) {
    const offsetCode = offsetState.symbol;
    const [matchCode, literalCode] = [matchState.symbol, literalState.symbol];
    if (offsetCode > OFFSETS.mostSymbol || matchCode > MATCH_LENGTHS.mostSymbol || literalCode > LITERAL_LENGTHS.mostSymbol)
      throw new PackedDataFault('a code that is none');
    const offset = 2 ** offsetCode + stream.take(offsetCode);
    const matchLength = MATCH_BASE[matchCode]! + stream.take(MATCH_EXTRA[matchCode]!);
    const literalLength = LITERAL_BASE[literalCode]! + stream.take(LITERAL_EXTRA[literalCode]!);
    if (i + 1 < count) {
      literalState.advance();
      matchState.advance();
      offsetState.advance();
    }
    end = copyBytes(output, end, literals.subarray(used, used + literalLength), literalLength);
    used += literalLength;
    end = copyMatch(output, end, distanceOf(state, offset, literalLength), matchLength);
  }
  if (stream.left !== 0) throw new PackedDataFault('sequences of another length');
  return copyBytes(output, end, literals.subarray(used), literals.length - used);
}

/** 3.1.1.5: the first three values name one of the last three distances. */
function distanceOf(state: SequenceState, value: number, literalLength: number): number {
  const [first, second, third] = state.repeated;
  if (value > 3) {
    state.repeated = [value - 3, first, second];
    return value - 3;
  }
  const which = value + (literalLength === 0 ? 1 : 0);
  if (which === 1) return first;
  const distance = which === 2 ? second : which === 3 ? third : first - 1;
  state.repeated = which === 2 ? [distance, first, third] : [distance, first, second];
  return distance;
}
