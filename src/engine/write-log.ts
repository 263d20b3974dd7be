// Which pages of RAM are written, told before the first write of each: what snapshots of a running guest are made of. Pages not written yet have no fast write
// tags (FrameKind.dirtyLog), so that the first write comes by; everything else that writes RAM comes by, too. Nothing of it is a guest's state.
import { FRAME_TABLE, FrameKind, PAGE_SIZE, RAM_BASE } from '../x86/layout';

/** Before page `page` of RAM changes for the first time; again where it had only been walked through before. `walk`: by a page walk that marks what it uses. */
export type FirstWrite = (page: number, by: 'walk' | 'write') => void;

/** Of a page: `walked`: only page walks have changed it, and its next write must come by. */
const Change = { written: 0, none: 1, walked: 2 } as const;

/** Of a frame table entry: the page of RAM. */
const pageOf = (entry: number): number | undefined =>
  entry & FrameKind.ram ? (((entry & -PAGE_SIZE) >>> 0) - RAM_BASE) / PAGE_SIZE : undefined;

export class WriteLog {
  /** By page of RAM: Change. */
  private readonly clean: Uint8Array;
  private onFirstWrite: FirstWrite | undefined;
  /** Pages of RAM that the guest has elsewhere than at the frame of their own number, and where. */
  private readonly moved = new Map<number, Set<number>>();

  constructor(
    private readonly frames: Uint32Array,
    ramSize: number,
  ) {
    this.clean = new Uint8Array(ramSize / PAGE_SIZE);
  }

  get active(): boolean {
    return this.onFirstWrite !== undefined;
  }

  /** From now on, and no page is written yet. Fast tags are the caller's to take away. */
  begin(onFirstWrite: FirstWrite): void {
    this.onFirstWrite = onFirstWrite;
    this.clean.fill(Change.none);
    for (let page = 0; page < this.clean.length; page++) this.mark(page, true);
  }

  end(): void {
    this.onFirstWrite = undefined;
    this.clean.fill(Change.written);
    for (let page = 0; page < this.clean.length; page++) this.mark(page, false);
  }

  private mark(page: number, on: boolean): void {
    this.markFrame(page, page, on);
    const elsewhere = this.moved.get(page);
    if (elsewhere !== undefined) for (const gfn of elsewhere) this.markFrame(gfn, page, on);
  }

  private markFrame(gfn: number, page: number, on: boolean): void {
    const at = (FRAME_TABLE >> 2) + gfn;
    const entry = this.frames[at]!;
    if (pageOf(entry) === page) this.frames[at] = on ? entry | FrameKind.dirtyLog : entry & ~FrameKind.dirtyLog;
  }

  /** Another page, or none, is at a guest frame: those it was and is count as written. */
  frameChanges(gfn: number, before: number, after: number): void {
    for (const [entry, present] of [
      [before, false],
      [after, true],
    ] as const) {
      const page = pageOf(entry);
      if (page === undefined) continue;
      this.touch(RAM_BASE + page * PAGE_SIZE, PAGE_SIZE);
      if (page !== gfn) this.note(page, gfn, present);
    }
  }

  private note(page: number, gfn: number, present: boolean): void {
    const elsewhere = this.moved.get(page) ?? new Set<number>();
    this.moved.set(page, elsewhere);
    if (present) elsewhere.add(gfn);
    else elsewhere.delete(gfn);
    if (elsewhere.size === 0) this.moved.delete(page);
  }

  /** `length` bytes at an offset of the VM's memory are about to change. */
  touch(offset: number, length: number): void {
    if (this.onFirstWrite === undefined || offset < RAM_BASE) return;
    const last = (offset + length - 1 - RAM_BASE) >>> 12;
    for (let page = (offset - RAM_BASE) >>> 12; page <= last; page++) {
      if (this.clean[page] === Change.written) continue;
      this.clean[page] = Change.written;
      this.mark(page, false);
      this.onFirstWrite(page, 'write');
    }
  }

  /** A page walk is about to set accessed and dirty bits in the entry there. */
  walk(offset: number): void {
    const page = (offset - RAM_BASE) >>> 12;
    if (this.onFirstWrite === undefined || this.clean[page] !== Change.none) return;
    this.clean[page] = Change.walked;
    this.onFirstWrite(page, 'walk');
  }
}
