// The snapshots of a run so far: each with the host's state but RAM, and the pages that were written between it and the next one as they were at it.
// What is kept is bounded: snapshots become rarer the longer ago they are; when that does not do, the oldest goes, and history begins later.
import { assert } from '../../base/assert';
import { compareMoments, instructionsOf, type Moment } from './moment';
import { PagePool } from './page-pool';
import { ENTRY_BYTES, PageSet } from './page-set';

/** By VM, what was noted of a stretch. */
export interface Ran {
  /** Where instructions may have come from. */
  readonly fetched: readonly Uint8Array[];
  /** A bit for each page of RAM that may have been read. */
  readonly used: readonly Uint8Array[];
  readonly events: readonly ReadonlySet<number>[];
}

export interface Snapshot {
  readonly moment: Moment;
  /** Encoded state of everything but RAM. */
  readonly state: Uint8Array;
  /** Console bytes put out before, by VM. */
  readonly console: readonly number[];
  /** Counts of stop points. */
  readonly hits: readonly (readonly [number, number])[];
  /** By VM: pages written since, as they were here. */
  readonly pages: readonly PageSet[];
  /** By VM: how its vCPUs found pages, and by which tables. */
  readonly paging: readonly string[];
  readonly roots: readonly (readonly bigint[])[];
  /** By VM and vCPU: PAE's four registers, whatever the table says by now. */
  readonly pdptes: readonly (readonly (readonly bigint[])[])[];
  /** By VM: how often what is at a guest frame had changed. */
  readonly frameChanges: readonly number[];
  /** Since, up to the next snapshot; undefined while it is the newest. */
  ran: Ran | undefined;
}

/** More than so many are no help. */
const MOST_SNAPSHOTS = 96;
/** As many are kept before the oldest is given up. */
const FEW_SNAPSHOTS = 8;

export class SnapshotStore {
  private list: Snapshot[] = [];
  private readonly pool: PagePool;
  /** Of all but the newest, until one of them changes. */
  private olderBytes: number | undefined;
  /** The bound was found to hold when the pool had this. */
  private heldGrowth: number | undefined;

  constructor(
    readonly maxBytes: number,
    shared: boolean,
  ) {
    this.pool = new PagePool(shared);
  }

  get all(): readonly Snapshot[] {
    return this.list;
  }
  get newest(): Snapshot | undefined {
    return this.list.at(-1);
  }
  get newestBytes(): number {
    return this.newest === undefined ? 0 : bytesOf(this.newest);
  }
  get bytes(): number {
    this.olderBytes ??= this.list.slice(0, -1).reduce((sum, each) => sum + bytesOf(each), 0);
    return this.olderBytes + this.newestBytes;
  }

  /** For a snapshot of so many VMs. */
  freshPages(vms: number): PageSet[] {
    return Array.from({ length: vms }, () => new PageSet(this.pool));
  }

  add(snapshot: Snapshot): void {
    assert(this.newest === undefined || compareMoments(this.newest.moment, snapshot.moment) <= 0, 'snapshots are taken in order');
    this.list.push(snapshot);
    this.olderBytes = undefined;
    while (this.list.length > MOST_SNAPSHOTS) this.thin();
    this.heldGrowth = undefined;
    this.hold();
  }

  /** Keeps the bound. True: even without anything older, the newest is too large, and there is no history but from a new one on. */
  hold(): boolean {
    // Asked all the time.
    if (this.pool.growth === this.heldGrowth) return false;
    while (this.list.length > 1 && this.bytes > this.maxBytes) {
      if (this.list.length > FEW_SNAPSHOTS) this.thin();
      else release(this.list.shift()!);
      this.olderBytes = undefined;
    }
    const isHeld = this.bytes <= this.maxBytes;
    this.heldGrowth = isHeld ? this.pool.growth : undefined;
    return !isHeld;
  }

  /** One snapshot goes: where the distance between its neighbours is least beside how long ago they are. */
  private thin(): void {
    this.olderBytes = undefined;
    const now = instructionsOf(this.newest!.moment);
    let best = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.list.length - 1; i++) {
      const from = instructionsOf(this.list[i - 1]!.moment);
      const score = (instructionsOf(this.list[i + 1]!.moment) - from) / (now - from + 1);
      if (score >= least) continue;
      least = score;
      best = i;
    }
    const [gone] = this.list.splice(best, 1);
    const before = this.list[best - 1]!;
    for (const [vm, pages] of before.pages.entries()) pages.merge(gone!.pages[vm]!);
    before.ran = before.ran && gone!.ran && joined(before.ran, gone!.ran);
  }

  /** Index of the last snapshot before a moment (or, `orAt`, at it); -1: none. */
  lastBefore(moment: Moment, orAt: boolean): number {
    return this.list.findLastIndex((each) => {
      const order = compareMoments(each.moment, moment);
      return order < 0 || (orAt && order === 0);
    });
  }

  /** What is newer is forgotten, and what was written since. */
  cutAfter(index: number): Snapshot {
    const kept = this.list[index];
    assert(kept !== undefined, `snapshot ${index} is kept`);
    const fresh: Snapshot = { ...kept, pages: this.freshPages(kept.pages.length), ran: undefined };
    for (const gone of this.list.splice(index)) release(gone);
    this.olderBytes = undefined;
    this.list.push(fresh);
    return fresh;
  }

  clear(): void {
    for (const gone of this.list.splice(0)) release(gone);
    this.olderBytes = undefined;
  }
}

function release({ pages }: Snapshot): void {
  for (const each of pages) each.release();
}

function bytesOf({ state, pages, ran }: Snapshot): number {
  let sum = state.length;
  for (const each of pages) sum += each.bytes;
  for (const log of [...(ran?.fetched ?? []), ...(ran?.used ?? [])]) sum += log.length;
  for (const log of ran?.events ?? []) sum += log.size * ENTRY_BYTES;
  return sum;
}

/** Of two stretches, one behind the other. */
function joined(a: Ran, b: Ran): Ran {
  const merge = (into: readonly Uint8Array[], from: readonly Uint8Array[]): void => {
    for (const [vm, log] of into.entries())
      from[vm]?.forEach((noted, slot) => {
        log[slot]! |= noted;
      });
  };
  merge(a.fetched, b.fetched);
  merge(a.used, b.used);
  return { fetched: a.fetched, used: a.used, events: a.events.map((log, vm) => new Set([...log, ...(b.events[vm] ?? [])])) };
}
