// Takes snapshots of a host as it runs, and puts one back: pages by what was written since, everything else from its saved state. The guest notices neither.
import { mayHaveFetched } from '../../engine/fetch-log';
import { PAGE_SIZE } from '../../x86/layout';
import type { Host } from '../host';
import { decodeSaved, encodeSaved } from '../state/saved-codec';
import { momentOf } from './moment';
import { PageSet } from './page-set';
import { type Snapshot, SnapshotStore } from './store';

/** What is no part of the host's state, but belongs to a moment. */
export interface Surroundings {
  /** Console bytes put out so far, by VM. */
  consoleBytes(): readonly number[];
}

export class Recording {
  readonly store: SnapshotStore;
  /** A snapshot has been put back. */
  onRestored: (snapshot: Snapshot) => void = () => {};

  constructor(
    private readonly host: Host,
    maxBytes: number,
    private readonly around: Surroundings,
  ) {
    this.store = new SnapshotStore(maxBytes);
    this.take();
  }

  /** A snapshot of this moment. */
  take(): void {
    const { host, store } = this;
    host.loop.settle();
    const moment = momentOf(host);
    const { newest } = store;
    if (newest !== undefined) newest.fetched = this.fetchLogs();
    store.add({
      moment,
      state: encodeSaved(host.saveOutline()),
      console: this.around.consoleBytes(),
      hits: host.stopPoints.counts,
      pages: host.vms.map(() => new PageSet()),
      fetched: undefined,
    });
    this.logWrites();
  }

  /** To be called between slices: pages written since the last snapshot count, too. */
  hold(): void {
    if (!this.store.hold()) return;
    this.store.clear();
    this.take();
  }

  private logWrites(): void {
    const pages = this.store.newest!.pages;
    for (const [index, vm] of this.host.vms.entries()) {
      const ram = vm.ramWords;
      const set = pages[index]!;
      vm.engine.beginWriteLog((page) => set.add(page, ram));
    }
  }

  private fetchLogs(): Uint8Array[] {
    return this.host.vms.map((vm) => vm.engine.fetchLog());
  }

  /** No stop point can have been met between a snapshot and the next one, or now. */
  isQuiet(index: number): boolean {
    const { fetched = this.fetchLogs(), pages } = this.store.all[index]!;
    return this.host.stopPoints.all.every(({ vm, where }) => {
      if (where.kind === 'linear') return !mayHaveFetched(fetched[vm]!, where.address);
      if (where.kind !== 'data' || where.space !== 'physical' || where.access === 'read' || where.access === 'access') return false;
      const first = Number(where.address / BigInt(PAGE_SIZE));
      const last = Number((where.address + BigInt(where.length) - 1n) / BigInt(PAGE_SIZE));
      for (let page = first; page <= last; page++) if (pages[vm]!.has(page)) return false;
      return true;
    });
  }

  /** The host goes back to a snapshot; newer ones are forgotten. */
  restore(index: number): Snapshot {
    const { host, store } = this;
    const { all } = store;
    for (let i = all.length - 1; i >= index; i--) {
      for (const [vm, set] of all[i]!.pages.entries()) {
        for (const page of set.pages()) host.vms[vm]!.engine.replacePage(page, set.get(page));
      }
    }
    const snapshot = store.cutAfter(index);
    host.restoreOutline(decodeSaved(snapshot.state));
    host.stopPoints.counts = snapshot.hits;
    this.logWrites();
    this.onRestored(snapshot);
    return snapshot;
  }

  dispose(): void {
    for (const vm of this.host.vms) vm.engine.endWriteLog();
    this.store.clear();
  }
}
