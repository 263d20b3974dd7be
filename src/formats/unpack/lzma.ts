// LZMA (the LZMA SDK's lzma-specification): literals and matches by an automaton of 12 states, over a range decoder.
import { copyMatch } from './copy-match';
import { probabilities, RangeDecoder } from './range-decoder';
import { PackedDataFault } from './unpack-error';

const STATES = 12;
const POSITION_STATES = 16;
const LITERAL_STATES = 7;
const LENGTH_STATES = 4;
const ALIGN_BITS = 4;
const FIRST_DIRECT_SLOT = 14;
const FIRST_MODELLED_SLOT = 4;
const MIN_MATCH = 2;
const MOST_PROPERTIES = 9 * 5 * 5;

class LengthDecoder {
  private readonly choice = probabilities(2);
  private readonly low = probabilities(POSITION_STATES << 3);
  private readonly middle = probabilities(POSITION_STATES << 3);
  private readonly high = probabilities(1 << 8);

  decode(range: RangeDecoder, positionState: number): number {
    if (range.bit(this.choice, 0) === 0) return range.tree(this.low, positionState << 3, 3);
    if (range.bit(this.choice, 1) === 0) return 8 + range.tree(this.middle, positionState << 3, 3);
    return 16 + range.tree(this.high, 0, 8);
  }
}

const models = (literalBits: number) => ({
  literal: probabilities(0x300 << literalBits),
  isMatch: probabilities(STATES * POSITION_STATES),
  isRep: probabilities(STATES),
  isRepG0: probabilities(STATES),
  isRepG1: probabilities(STATES),
  isRepG2: probabilities(STATES),
  isRep0Long: probabilities(STATES * POSITION_STATES),
  slot: probabilities(LENGTH_STATES << 6),
  special: probabilities(128),
  align: probabilities(1 << ALIGN_BITS),
  length: new LengthDecoder(),
  repLength: new LengthDecoder(),
});

export class LzmaState {
  private readonly lc: number;
  private readonly lp: number;
  private readonly pb: number;
  private models: ReturnType<typeof models>;
  private state = 0;
  /** The last four distances, less 1. */
  private reps: [number, number, number, number] = [0, 0, 0, 0];

  constructor(properties: number) {
    if (properties >= MOST_PROPERTIES) throw new PackedDataFault('bad LZMA properties');
    this.lc = properties % 9;
    this.lp = Math.floor(properties / 9) % 5;
    this.pb = Math.floor(properties / 45);
    this.models = models(this.lc + this.lp);
  }

  reset(): void {
    this.models = models(this.lc + this.lp);
    this.state = 0;
    this.reps = [0, 0, 0, 0];
  }

  /** Positions count from the dictionary's start. */
  unpack(source: Uint8Array, output: Uint8Array, dictionaryStart: number, start: number, stop: number): void {
    const range = new RangeDecoder(source);
    const { models } = this;
    for (let end = start; end < stop; ) {
      const positionState = (end - dictionaryStart) & ((1 << this.pb) - 1);
      if (range.bit(models.isMatch, (this.state << 4) + positionState) === 0) {
        output[end] = this.literal(range, output, dictionaryStart, end);
        end++;
        continue;
      }
      const length = this.match(range, positionState);
      const distance = this.reps[0] + 1;
      if (end + length > stop || distance > end - dictionaryStart)
        throw new PackedDataFault(`a reference ${distance} bytes back at ${end}`);
      end = copyMatch(output, end, distance, length);
    }
  }

  private literal(range: RangeDecoder, output: Uint8Array, dictionaryStart: number, end: number): number {
    const { literal } = this.models;
    const position = end - dictionaryStart;
    const before = position > 0 ? output[end - 1]! : 0;
    const base = 0x300 * (((position & ((1 << this.lp) - 1)) << this.lc) + (before >> (8 - this.lc)));
    let symbol = 1;
    if (this.state >= LITERAL_STATES) {
      let match = output[end - this.reps[0] - 1] ?? 0;
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = range.bit(literal, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(literal, base + symbol);
    this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
    return symbol & 0xff;
  }

  /** The match's length; its distance is then the first of `reps`. */
  private match(range: RangeDecoder, positionState: number): number {
    const { models, state } = this;
    const isLate = state >= LITERAL_STATES;
    const [rep0, rep1, rep2, rep3] = this.reps;
    if (range.bit(models.isRep, state) === 0) {
      const length = models.length.decode(range, positionState);
      this.reps = [this.distance(range, Math.min(length, LENGTH_STATES - 1)), rep0, rep1, rep2];
      this.state = isLate ? 10 : 7;
      return length + MIN_MATCH;
    }
    if (range.bit(models.isRepG0, state) === 0) {
      if (range.bit(models.isRep0Long, (state << 4) + positionState) === 0) {
        this.state = isLate ? 11 : 9;
        return 1;
      }
    } else if (range.bit(models.isRepG1, state) === 0) this.reps = [rep1, rep0, rep2, rep3];
    else if (range.bit(models.isRepG2, state) === 0) this.reps = [rep2, rep0, rep1, rep3];
    else this.reps = [rep3, rep0, rep1, rep2];
    this.state = isLate ? 11 : 8;
    return models.repLength.decode(range, positionState) + MIN_MATCH;
  }

  private distance(range: RangeDecoder, lengthState: number): number {
    const { slot, special, align } = this.models;
    const chosen = range.tree(slot, lengthState << 6, 6);
    if (chosen < FIRST_MODELLED_SLOT) return chosen;
    const bits = (chosen >> 1) - 1;
    const base = (2 | (chosen & 1)) * 2 ** bits;
    if (chosen < FIRST_DIRECT_SLOT) return base + range.reverseTree(special, base - chosen, bits);
    return base + range.direct(bits - ALIGN_BITS) * 2 ** ALIGN_BITS + range.reverseTree(align, 0, ALIGN_BITS);
  }
}
