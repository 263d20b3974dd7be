// Rows without end in both directions over a scroll bar of bounded length: the list is a window of rows that moves along when one comes near its edge.

/** Rows in the scrolled element, and how near its edge it moves on. */
const SPAN = 20_000;
const EDGE = 2_000;

export class EndlessRows {
  /** Number of the first row in the element. */
  private base = 0n;

  constructor(
    /** Rows in all. */
    private readonly total: bigint,
    private readonly span = SPAN,
    private readonly edge = EDGE,
  ) {}

  /** In the element. */
  get count(): number {
    return this.total < BigInt(this.span) ? Number(this.total) : this.span;
  }

  row(index: number): bigint {
    return this.base + BigInt(index);
  }

  /** Its place in the element, where it is there. */
  indexOf(row: bigint): number | undefined {
    const index = row - this.base;
    return index >= 0n && index < BigInt(this.count) ? Number(index) : undefined;
  }

  /** Puts a row into the middle of the element, as far as the ends allow; gives its place there. */
  go(row: bigint): number {
    const wanted = row - BigInt(Math.floor(this.count / 2));
    const last = this.total - BigInt(this.count);
    this.base = wanted < 0n ? 0n : wanted > last ? last : wanted;
    return Number(row - this.base);
  }

  /** Where the place that is on top has moved to; undefined: it may stay. */
  recentre(index: number): number | undefined {
    const nearStart = index < this.edge && this.base > 0n;
    const nearEnd = index > this.count - this.edge && this.base < this.total - BigInt(this.count);
    return nearStart || nearEnd ? this.go(this.row(index)) : undefined;
  }
}
