// A reader of the trace that must lose nothing: how far the run may go before the ring would drop what the reader has not seen.

/** An instruction or an expiring event makes fewer trace events than this in a nanosecond. */
const EVENTS_PER_NS = 4;
/** One event of the queue counts as so many ns of a run's budget, and what follows from it is traced too. */
const RESERVE = 1024;

export class TraceReader {
  private kept: number | undefined;

  constructor(private readonly capacity: number) {}

  /** The reader has seen everything before `seq`; undefined: nobody reads any more. */
  keepFrom(seq: number | undefined): void {
    this.kept = seq;
  }

  /** Virtual ns that may run now; 0: the reader is to read first. */
  budgetNs(wantedNs: number, nextSeq: number): number {
    if (this.kept === undefined) return wantedNs;
    const room = this.capacity - (nextSeq - this.kept) - RESERVE;
    return Math.max(0, Math.min(wantedNs, Math.floor(room / EVENTS_PER_NS)));
  }
}
