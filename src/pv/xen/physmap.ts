// Which page of RAM is at which guest frame (Xen's p2m): the guest's own pages, Xen's pages, granted pages; the pages that the guest has given back.
import type { SavedValue, Stateful } from '../../base/saved';
import type { XenHost } from './host-port';
import { PAGE_SIZE, XenPages } from './layout';

/** A page of RAM with the guest frame at which the guest sees it, if it does. */
export interface PageRef {
  readonly page: number;
  readonly gfn: number;
}

export class Physmap implements Stateful {
  /** First of Xen's pages. */
  readonly xenPage: number;
  /** Pages that the guest has given back, last one first out. */
  private free: number[] = [];
  /** Frames at which something else is than the page of their number, as last set. */
  private changed = new Map<number, { page: number; readOnly: boolean }>();
  private readonly xenGfns: number[];
  /** Frames at which a granted page is seen besides its own, and at how many of them each such page is. */
  private aliases = new Map<number, number>();
  private readonly aliasCounts = new Map<number, number>();
  /** The highest frame that ever had a page (p2m->max_mapped_pfn). */
  private highest = 0;
  /** Pages that are only seen by grants any more: given back when the last of them goes. */
  private orphans = new Set<number>();

  constructor(private readonly host: XenHost) {
    this.xenPage = host.pages - XenPages.count;
    this.xenGfns = new Array<number>(XenPages.count).fill(-1);
  }

  /** Pages that the guest got at power-on, and may have at most. */
  get maximum(): number {
    return this.xenPage;
  }
  get owned(): number {
    return this.xenPage - this.free.length;
  }
  get highestGfn(): number {
    return this.highest;
  }

  isFrame(gfn: bigint): boolean {
    return gfn < BigInt(this.host.frames.count);
  }
  isXenPage(page: number): boolean {
    return page >= this.xenPage;
  }

  /** At power-on and at a reboot: each page at its own frame, Xen's at none. */
  reset(): void {
    for (const gfn of this.changed.keys()) this.toStart(gfn);
    this.changed.clear();
    this.free = [];
    this.aliases.clear();
    this.aliasCounts.clear();
    this.orphans.clear();
    this.highest = this.xenPage - 1;
    this.xenGfns.fill(-1);
    for (let i = 0; i < XenPages.count; i++) {
      this.host.frames.unmap(this.xenPage + i);
      this.host.frames.writePage(this.xenPage + i, 0, new Uint8Array(PAGE_SIZE));
    }
  }

  /** What is at the frame at power-on; -1: nothing. */
  private first(gfn: number): number {
    return gfn < this.xenPage ? gfn : -1;
  }
  private show(gfn: number, page: number, readOnly: boolean): void {
    if (page < 0) this.host.frames.unmap(gfn);
    else this.host.frames.map(gfn, page, readOnly);
  }
  private toStart(gfn: number): void {
    this.show(gfn, this.first(gfn), false);
  }

  private set(gfn: number, page: number, readOnly = false): void {
    this.show(gfn, page, readOnly);
    if (page >= 0 && gfn > this.highest) this.highest = gfn;
    if (page === this.first(gfn) && !readOnly) this.changed.delete(gfn);
    else this.changed.set(gfn, { page, readOnly });
  }

  /** What is there is given back, or goes out of the guest's sight. False: nothing was there, or a device. */
  remove(gfn: number): boolean {
    const page = this.host.frames.at(gfn);
    if (typeof page !== 'number') return false;
    if (this.aliases.has(gfn)) this.unalias(gfn);
    else {
      this.set(gfn, -1);
      if (this.isXenPage(page)) this.xenGfns[page - this.xenPage] = -1;
      else if (this.isAliased(page)) this.orphans.add(page);
      else this.free.push(page);
    }
    return true;
  }

  private isAliased(page: number): boolean {
    return this.aliasCounts.has(page);
  }
  private countAlias(page: number, by: 1 | -1): void {
    const count = (this.aliasCounts.get(page) ?? 0) + by;
    if (count === 0) this.aliasCounts.delete(page);
    else this.aliasCounts.set(page, count);
  }

  /** A page that was given back comes to a frame where nothing is. */
  populate(gfn: number): boolean {
    const page = this.host.frames.at(gfn) === 'hole' ? this.free.pop() : undefined;
    if (page === undefined) return false;
    this.set(gfn, page);
    return true;
  }

  /** One of Xen's pages comes to a frame; what was there is given back, and the page leaves the frame where it was. */
  place(index: number, gfn: number): void {
    const before = this.xenGfns[index]!;
    if (before >= 0 && before !== gfn) this.set(before, -1);
    this.remove(gfn);
    this.set(gfn, this.xenPage + index);
    this.xenGfns[index] = gfn;
  }

  /** One of the guest's own pages moves from one frame to another. */
  move(from: number, to: number): boolean {
    const page = this.host.frames.at(from);
    if (typeof page !== 'number' || this.isXenPage(page)) return false;
    if (from === to) return true;
    this.set(from, -1);
    this.remove(to);
    this.set(to, page);
    return true;
  }

  /** A granted page is seen at a further frame, too. */
  alias(gfn: number, page: number, readOnly: boolean): void {
    this.remove(gfn);
    this.set(gfn, page, readOnly);
    this.aliases.set(gfn, page);
    this.countAlias(page, 1);
  }
  unalias(gfn: number): void {
    const page = this.aliases.get(gfn);
    if (page === undefined) return;
    this.aliases.delete(gfn);
    this.countAlias(page, -1);
    this.set(gfn, -1);
    if (this.orphans.has(page) && !this.isAliased(page)) {
      this.orphans.delete(page);
      this.free.push(page);
    }
  }

  /** undefined: no page of RAM is there. */
  ref(gfn: number): PageRef | undefined {
    const page = this.host.frames.at(gfn);
    return typeof page === 'number' ? { page, gfn } : undefined;
  }
  xenRef(index: number): PageRef {
    return { page: this.xenPage + index, gfn: this.xenGfns[index]! };
  }

  read({ page }: PageRef, offset: number, length: number): Uint8Array {
    return this.host.frames.readPage(page, offset, length);
  }
  /** Through the guest's frame where it is still there, so that whoever watches it learns of it. */
  write({ page, gfn }: PageRef, offset: number, bytes: Uint8Array): void {
    const { frames, memory } = this.host;
    if (gfn >= 0 && frames.at(gfn) === page) memory.write(gfn * PAGE_SIZE + offset, bytes);
    else frames.writePage(page, offset, bytes);
  }

  save(): SavedValue {
    const changed = [...this.changed].sort(([a], [b]) => a - b).map(([gfn, { page, readOnly }]) => [gfn, page, readOnly]);
    return {
      free: [...this.free],
      changed,
      xenGfns: [...this.xenGfns],
      aliases: [...this.aliases].sort(([a], [b]) => a - b).map((each) => [...each]),
      orphans: [...this.orphans].sort((a, b) => a - b),
      highest: this.highest,
    };
  }

  restore(state: SavedValue): void {
    const saved = state as {
      free: number[];
      changed: [number, number, boolean][];
      xenGfns: number[];
      aliases: [number, number][];
      orphans: number[];
      highest: number;
    };
    for (const gfn of this.changed.keys()) this.toStart(gfn);
    this.changed = new Map(saved.changed.map(([gfn, page, readOnly]) => [gfn, { page, readOnly }]));
    this.free = [...saved.free];
    this.aliases = new Map(saved.aliases);
    this.aliasCounts.clear();
    for (const page of this.aliases.values()) this.countAlias(page, 1);
    this.highest = saved.highest;
    this.orphans = new Set(saved.orphans);
    for (const [i, gfn] of saved.xenGfns.entries()) this.xenGfns[i] = gfn;
    for (let i = 0; i < XenPages.count; i++) this.toStart(this.xenPage + i);
    for (const [gfn, { page, readOnly }] of this.changed) this.show(gfn, page, readOnly);
  }
}
