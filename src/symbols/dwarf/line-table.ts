// The rows of one line number program, sorted into sequences of ascending addresses; columns in typed arrays because a kernel has millions.

import type { LineFile, LineHeader } from './line-header';

/** Bits of LineTable.flags. */
export const ROW_IS_STMT = 1;
export const ROW_END_SEQUENCE = 2;
export const ROW_PROLOGUE_END = 4;
export const ROW_EPILOGUE_BEGIN = 8;
export const ROW_BASIC_BLOCK = 16;

/** Rows [first, last]; the last one is the end_sequence row, whose address is the first behind the sequence. */
export interface LineSequence {
  readonly start: bigint;
  readonly end: bigint;
  readonly first: number;
  readonly last: number;
}

export class LineTable {
  constructor(
    readonly header: LineHeader,
    readonly addresses: BigUint64Array,
    readonly files: Uint32Array,
    readonly lines: Uint32Array,
    readonly columns: Uint32Array,
    readonly flags: Uint8Array,
    readonly discriminators: Uint32Array,
    /** By start address. */
    readonly sequences: readonly LineSequence[],
  ) {}

  file(row: number): LineFile | undefined {
    return this.header.files[this.files[row]!];
  }

  sequenceAt(address: bigint): LineSequence | undefined {
    const { sequences } = this;
    let low = 0;
    let high = sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequences[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const found = sequences[low - 1];
    return found && address < found.end ? found : undefined;
  }

  /** The last row at or before the address: the one whose range holds it. */
  rowAt(address: bigint): number | undefined {
    const sequence = this.sequenceAt(address);
    if (!sequence) return undefined;
    let low = sequence.first;
    let high = sequence.last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low > sequence.first ? low - 1 : undefined;
  }

  isStmt(row: number): boolean {
    return (this.flags[row]! & ROW_IS_STMT) !== 0;
  }
}

/** Growing columns, filled by the line program. */
export class LineRows {
  private capacity = 256;
  private addresses = new BigUint64Array(this.capacity);
  private files = new Uint32Array(this.capacity);
  private lines = new Uint32Array(this.capacity);
  private columns = new Uint32Array(this.capacity);
  private flags = new Uint8Array(this.capacity);
  private discriminators = new Uint32Array(this.capacity);
  private sequences: LineSequence[] = [];
  private firstOfSequence = 0;
  length = 0;

  push(address: bigint, file: number, line: number, column: number, flags: number, discriminator: number): void {
    if (this.length === this.capacity) this.grow();
    const at = this.length++;
    this.addresses[at] = address;
    this.files[at] = file;
    this.lines[at] = line;
    this.columns[at] = column;
    this.flags[at] = flags;
    this.discriminators[at] = discriminator;
    if ((flags & ROW_END_SEQUENCE) === 0) return;
    const start = this.addresses[this.firstOfSequence]!;
    if (address > start) this.sequences.push({ start, end: address, first: this.firstOfSequence, last: at });
    this.firstOfSequence = this.length;
  }

  /** `keep` drops sequences of code the linker threw away. */
  finish(header: LineHeader, keep: (sequence: LineSequence) => boolean): LineTable {
    const cut = <T extends { slice(from: number, to: number): T }>(column: T): T => column.slice(0, this.length);
    const sequences = this.sequences.filter(keep).sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    return new LineTable(
      header,
      cut(this.addresses),
      cut(this.files),
      cut(this.lines),
      cut(this.columns),
      cut(this.flags),
      cut(this.discriminators),
      sequences,
    );
  }

  private grow(): void {
    this.capacity *= 2;
    const widen = <T extends BigUint64Array | Uint32Array | Uint8Array>(fresh: T, old: T): T => {
      (fresh as { set(from: T): void }).set(old);
      return fresh;
    };
    this.addresses = widen(new BigUint64Array(this.capacity), this.addresses);
    this.files = widen(new Uint32Array(this.capacity), this.files);
    this.lines = widen(new Uint32Array(this.capacity), this.lines);
    this.columns = widen(new Uint32Array(this.capacity), this.columns);
    this.flags = widen(new Uint8Array(this.capacity), this.flags);
    this.discriminators = widen(new Uint32Array(this.capacity), this.discriminators);
  }
}
