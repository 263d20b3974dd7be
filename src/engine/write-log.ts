// Which pages of RAM are written, with what was in each before its first write: what snapshots of a running guest are made of. Pages not written yet have no fast
// write tags (FrameKind.dirtyLog), so that the first write comes by; everything else that writes RAM comes by, too. Stores of the guest are noted by WebAssembly
// (first-write.ts), and told later. Nothing of it is a guest's state.
import { FRAME_TABLE, FrameKind, PAGE_SIZE, RAM_BASE } from '../x86/layout';
import { WRITE_LOG_BLANK, WRITE_LOG_COPIES, WriteLogCell } from './tlb-layout';

/** Page `page` of RAM changes for the first time, or again where it had only been walked through before; its bytes as they were are at offset `at` of the VM's
 * memory (undefined: they were zeroes). `walk`: by a page walk that marks what it uses. */
export type FirstWrite = (page: number, by: 'walk' | 'write', at: number | undefined) => void;

/** Of a page: `walked`: only page walks have changed it, and its next write must come by; `blank`: nobody has, since the memory was made. */
const Change = { written: 0, none: 1, walked: 2, blank: 3 } as const;

const MARKS = FrameKind.dirtyLog | FrameKind.blank;

/** Of a frame table entry: the page of RAM. */
const pageOf = (entry: number): number | undefined =>
  entry & FrameKind.ram ? (((entry & -PAGE_SIZE) >>> 0) - RAM_BASE) / PAGE_SIZE : undefined;

export class WriteLog {
  /** By page of RAM: Change. */
  private readonly clean: Uint8Array;
  private onFirstWrite: FirstWrite | undefined;
  /** Pages that are not clean. */
  private changed: number[] = [];
  /** Pages of RAM that the guest has elsewhere than at the frame of their own number, and where. */
  private readonly moved = new Map<number, Set<number>>();
  /** Everything that has changed RAM so far has come by. */
  private complete = true;

  constructor(
    private readonly words: Uint32Array,
    ramSize: number,
  ) {
    this.clean = new Uint8Array(ramSize / PAGE_SIZE).fill(Change.blank);
  }

  get active(): boolean {
    return this.onFirstWrite !== undefined;
  }

  /** The guest runs, or RAM changes as a whole: if nothing is noted, it is not known any more what is blank. */
  runs(): void {
    if (this.onFirstWrite === undefined) this.complete = false;
  }

  /** From now on, and no page is written yet. Fast tags are the caller's to take away. */
  begin(onFirstWrite: FirstWrite): void {
    this.settle();
    if (this.active) for (const page of this.changed) this.unwrite(page);
    else this.unwriteAll();
    this.changed = [];
    this.onFirstWrite = onFirstWrite;
  }
  private unwrite(page: number): void {
    this.clean[page] = Change.none;
    this.mark(page, true);
  }
  /** All of RAM: a loop without calls. */
  private unwriteAll(): void {
    const { words, clean, complete } = this;
    const frames = FRAME_TABLE >> 2;
    const plain = RAM_BASE | FrameKind.ram;
    for (let page = 0; page < clean.length; page++) {
      const entry = words[frames + page]!;
      const marks = complete && clean[page] === Change.blank ? MARKS : FrameKind.dirtyLog;
      if (((entry & (-PAGE_SIZE | FrameKind.ram)) >>> 0) - plain === page * PAGE_SIZE) words[frames + page] = entry | marks;
    }
    clean.fill(Change.none);
    for (const page of this.moved.keys()) this.mark(page, true);
  }

  end(): void {
    this.settle();
    this.changed = [];
    this.onFirstWrite = undefined;
    this.complete = false;
    this.clean.fill(Change.written);
    for (let page = 0; page < this.clean.length; page++) this.mark(page, false);
  }

  private mark(page: number, on: boolean): void {
    this.markFrame(page, page, on);
    if (this.moved.size === 0) return;
    const elsewhere = this.moved.get(page);
    if (elsewhere !== undefined) for (const gfn of elsewhere) this.markFrame(gfn, page, on);
  }

  private markFrame(gfn: number, page: number, on: boolean): void {
    const at = (FRAME_TABLE >> 2) + gfn;
    const entry = this.words[at]!;
    if (pageOf(entry) === page) this.words[at] = on ? entry | FrameKind.dirtyLog : entry & ~MARKS;
  }

  /** A page is put back as it was; its marks but one stay. */
  replaced(page: number): void {
    if (this.onFirstWrite === undefined) this.clean[page] = Change.written;
    this.words[(FRAME_TABLE >> 2) + page]! &= ~FrameKind.blank;
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
    this.words[WriteLogCell.closed >> 2] = this.moved.size === 0 ? 0 : 1;
  }

  /** What WebAssembly has noted is told. */
  settle(): void {
    const count = this.words[WriteLogCell.count >> 2]!;
    if (count === 0) return;
    this.words[WriteLogCell.count >> 2] = 0;
    for (let i = 0; i < count; i++) {
      const noted = this.words[(WriteLogCell.pages >> 2) + i]!;
      const page = (noted & ~WRITE_LOG_BLANK) >>> 0;
      this.clean[page] = Change.written;
      this.changed.push(page);
      this.onFirstWrite?.(page, 'write', noted >= WRITE_LOG_BLANK ? undefined : WRITE_LOG_COPIES + i * PAGE_SIZE);
    }
  }

  /** `length` bytes at an offset of the VM's memory are about to change. */
  touch(offset: number, length: number): void {
    if (offset < RAM_BASE) return;
    const last = (offset + length - 1 - RAM_BASE) >>> 12;
    if (this.onFirstWrite === undefined) {
      if (this.complete) this.clean.fill(Change.written, (offset - RAM_BASE) >>> 12, last + 1);
      return;
    }
    this.settle();
    for (let page = (offset - RAM_BASE) >>> 12; page <= last; page++) {
      if (this.clean[page] === Change.written) continue;
      this.clean[page] = Change.written;
      this.changed.push(page);
      this.mark(page, false);
      this.onFirstWrite(page, 'write', RAM_BASE + page * PAGE_SIZE);
    }
  }

  /** A page walk is about to set accessed and dirty bits in the entry there. */
  walk(offset: number): void {
    const page = (offset - RAM_BASE) >>> 12;
    if (this.onFirstWrite === undefined) return;
    this.settle();
    if (this.clean[page] !== Change.none) return;
    this.clean[page] = Change.walked;
    this.words[(FRAME_TABLE >> 2) + page]! &= ~FrameKind.blank;
    this.changed.push(page);
    this.onFirstWrite(page, 'walk', RAM_BASE + page * PAGE_SIZE);
  }
}
