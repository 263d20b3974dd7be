// Events that happened again and again, each so much later than the one before, as records: written in full, and kept short where they can be written later. Most of those are overwritten
// before anybody looks.
import { RECORD_SIZE, RecordField } from './record-layout';

const BLOCK = 128;

/** An event that happened `times` times, with sequence numbers from `sequence` on, first at `ns`. */
export interface Repeat {
  readonly sequence: number;
  readonly times: number;
  /** Not changed any more. */
  readonly record: Uint8Array;
  readonly ns: number;
  readonly stepNs: number;
}

export class RepeatWriter {
  private readonly block = new Uint8Array(BLOCK * RECORD_SIZE);
  private readonly floats = new Float64Array(this.block.buffer);
  /** What the block's first records are, and how many. */
  private record: Uint8Array | undefined;
  private filled = 0;

  private fill(record: Uint8Array, count: number): void {
    const { block } = this;
    if (this.record !== record) {
      this.record = record;
      this.filled = 1;
      block.set(record);
    }
    for (; this.filled < count; this.filled *= 2)
      block.copyWithin(this.filled * RECORD_SIZE, 0, Math.min(this.filled, BLOCK - this.filled) * RECORD_SIZE);
  }

  /** All but the first so many, in their order, a number of records at a time. */
  write({ times, record, ns, stepNs }: Repeat, skip: number, append: (records: Uint8Array, count: number) => void): void {
    const { block, floats } = this;
    // As they were added up when they happened: the sum is the same to the bit.
    let atNs = ns;
    for (let i = 0; i < skip; i++) atNs += stepNs;
    this.fill(record, Math.min(BLOCK, times - skip));
    for (let done = skip; done < times; done += BLOCK) {
      const count = Math.min(BLOCK, times - done);
      for (let at = RecordField.virtualNs >> 3, n = 0; n < count; n++, at += RECORD_SIZE >> 3) {
        floats[at] = atNs;
        atNs += stepNs;
      }
      append(count === BLOCK ? block : block.subarray(0, count * RECORD_SIZE), count);
    }
  }
}
