// The event lists of one guest: an index for each selection that is looked at, the last few kept.
import type { TraceSelection } from '../protocol/requests';
import { TraceReader } from '../trace/reader';
import { TraceIndex } from './trace-index';
import { eventTest } from './trace-selection';

const KEPT = 4;
/** The adapter's thread is kept busy no longer than this at a time. */
const SLICE_MS = 8;

export class TraceViews {
  private reader: Promise<TraceReader> | undefined;
  private views = new Map<string, TraceIndex>();

  constructor(
    private readonly ring: () => Promise<ArrayBufferLike>,
    private readonly describe: (address: bigint) => string,
  ) {}

  async index(selection: TraceSelection): Promise<TraceIndex> {
    this.reader ??= this.ring().then((buffer) => new TraceReader(buffer));
    const key = JSON.stringify(selection);
    const view = this.views.get(key) ?? new TraceIndex(await this.reader, eventTest(selection, this.describe));
    this.views.delete(key);
    this.views.set(key, view);
    for (const old of this.views.keys()) if (this.views.size > KEPT) this.views.delete(old);
    return view;
  }

  /** Looks on for a while, with turns of the event loop in between; true: everything that was there has been looked at. */
  async advance(view: TraceIndex, mostMs: number): Promise<boolean> {
    for (const limit = performance.now() + mostMs; ; ) {
      const slice = Math.min(limit, performance.now() + SLICE_MS);
      if (view.advance(() => performance.now() >= slice)) return true;
      if (performance.now() >= limit) return false;
      await new Promise((turn) => setImmediate(turn));
    }
  }
}
