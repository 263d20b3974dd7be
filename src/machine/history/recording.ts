// Takes snapshots of a host as it runs, and puts one back: pages by what was written since, everything else from its saved state. The guest notices neither.
import type { Host } from '../host';
import { pdptesOf } from '../paging-view';
import { decodeSaved, encodeSaved } from '../state/saved-codec';
import { momentOf } from './moment';
import { isQuietFor } from './quiet';
import { signatureOf } from './quiet-tables';
import { type Ran, type Snapshot, SnapshotStore } from './store';

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
    this.settle();
    const moment = momentOf(host);
    const { newest } = store;
    if (newest !== undefined) newest.ran = this.ran;
    store.add({
      moment,
      state: encodeSaved(host.saveOutline()),
      console: this.around.consoleBytes(),
      hits: host.stopPoints.counts,
      pages: store.freshPages(host.vms.length),
      paging: host.vms.map(signatureOf),
      roots: host.vms.map((vm) => vm.vcpus.map(({ state }) => state.u64('cr3'))),
      pdptes: host.vms.map((vm) => vm.vcpus.map(({ state }) => pdptesOf(state))),
      frameChanges: host.vms.map(({ engine }) => engine.memory.frameChanges),
      ran: undefined,
    });
    this.logWrites();
  }

  /** To be called between slices: pages written since the last snapshot count, too. */
  hold(): void {
    this.settle();
    if (!this.store.hold()) return;
    this.store.clear();
    this.take();
  }

  /** First writes that engines have not told yet. */
  private settle(): void {
    for (const { engine } of this.host.vms) engine.settleWriteLog();
  }

  private logWrites(): void {
    const pages = this.store.newest!.pages;
    this.host.control.events.log.begin(this.host.vms.length);
    for (const [index, vm] of this.host.vms.entries()) {
      const words = new Uint32Array(vm.engine.memory.buffer);
      const set = pages[index]!;
      vm.engine.beginWriteLog((page, by, at) => set.add(page, by, words, at === undefined ? at : at / 4));
    }
  }

  private get ran(): Ran {
    const { vms, control } = this.host;
    return {
      fetched: vms.map(({ engine }) => engine.fetchLog()),
      used: vms.map(({ engine }) => engine.useLog()),
      events: control.events.log.copy(),
    };
  }

  /** No stop point can have been met between a snapshot and the next one, or now. */
  isQuiet(index: number): boolean {
    this.settle();
    const { all } = this.store;
    const ran = all[index]!.ran ?? this.ran;
    return this.host.stopPoints.all.every((point) => isQuietFor(this.host, all, index, ran, point));
  }

  /** The host goes back to a snapshot; newer ones are forgotten. */
  restore(index: number): Snapshot {
    const { host, store } = this;
    const { all } = store;
    this.settle();
    for (let i = all.length - 1; i >= index; i--) {
      for (const [vm, set] of all[i]!.pages.entries()) {
        for (const page of set.pages()) host.vms[vm]!.engine.replacePage(page, set.get(page));
      }
    }
    const snapshot = store.cutAfter(index);
    host.restoreOutline(decodeSaved(snapshot.state));
    // As a place on the way it was on, which newer snapshots are forgotten of.
    for (const [vm, count] of snapshot.frameChanges.entries()) host.vms[vm]!.engine.memory.frameChanges = count;
    host.stopPoints.counts = snapshot.hits;
    this.logWrites();
    this.onRestored(snapshot);
    return snapshot;
  }

  dispose(): void {
    this.host.control.events.log.end();
    for (const vm of this.host.vms) vm.engine.endWriteLog();
    this.store.clear();
  }
}
