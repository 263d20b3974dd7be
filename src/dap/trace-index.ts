// The events of a ring that a list shows, numbered: rows can be asked for by number, however many there are. Looks on bit by bit as events come, and lets go of what the ring has dropped.
import type { TracePeek, TraceReader } from '../trace/reader';
import type { EventTest } from './trace-selection';

const LEAST_ROOM = 4096;
/** Looked at between two looks at the clock. */
const BATCH = 512;

export class TraceIndex {
  private seqs = new Float64Array(LEAST_ROOM);
  /** The rows still there lie in seqs from `begin` to `end`. */
  private begin = 0;
  private end = 0;
  /** Rows that were let go of. */
  private gone = 0;
  private next = 0;
  /** The event looked at last: another one in its place says that the guest was taken back. */
  private last: { seq: number; virtualNs: number } | undefined;
  private readonly peek: TracePeek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };

  constructor(
    readonly reader: TraceReader,
    private readonly test: EventTest,
  ) {}

  /** Number of the oldest row, and one past the newest. */
  get firstRow(): number {
    return this.gone;
  }
  get endRow(): number {
    return this.gone + this.end - this.begin;
  }
  /** Every event before it was looked at. */
  get searched(): number {
    return this.next;
  }

  /** Sequence number of a row; undefined: it is gone, or not there yet. */
  seqOf(row: number): number | undefined {
    return row < this.firstRow || row >= this.endRow ? undefined : this.seqs[this.begin + row - this.gone];
  }

  /** Looks on until `isOver`, or to the newest: then true. */
  advance(isOver: () => boolean): boolean {
    const { reader } = this;
    if (this.wasTakenBack()) this.restart();
    const end = reader.end();
    this.drop(reader.first());
    while (this.next < end) {
      const stop = Math.min(end, this.next + BATCH);
      while (this.next < stop) this.look(this.next++);
      if (isOver()) break;
    }
    return this.next >= end;
  }

  private look(seq: number): void {
    const { peek, reader, test } = this;
    if (!reader.peek(seq, peek)) return;
    this.last = { seq, virtualNs: peek.virtualNs };
    if (!test.quick(peek)) return;
    if (test.texts) {
      const event = reader.at(seq);
      if (event === undefined || !test.texts(event)) return;
    }
    if (this.end === this.seqs.length) this.makeRoom();
    this.seqs[this.end++] = seq;
  }

  private wasTakenBack(): boolean {
    const { last, reader, peek } = this;
    if (this.next > reader.end()) return true;
    return last !== undefined && last.seq >= reader.first() && reader.peek(last.seq, peek) && peek.virtualNs !== last.virtualNs;
  }

  private restart(): void {
    this.begin = this.end = this.gone = this.next = 0;
    this.last = undefined;
  }

  private drop(first: number): void {
    this.next = Math.max(this.next, first);
    let low = this.begin;
    for (let high = this.end; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((this.seqs[middle] ?? 0) < first) low = middle + 1;
      else high = middle;
    }
    this.gone += low - this.begin;
    this.begin = low;
  }

  private makeRoom(): void {
    const kept = this.seqs.subarray(this.begin, this.end);
    const room = kept.length * 2 > this.seqs.length ? this.seqs.length * 2 : this.seqs.length;
    const seqs = new Float64Array(room);
    seqs.set(kept);
    this.seqs = seqs;
    this.end = kept.length;
    this.begin = 0;
  }
}
