// Which pages of RAM are written, told before the first write of each: what snapshots of a running guest are made of. Pages not written yet have no fast write
// tags (FrameKind.dirtyLog), so that the first write comes by; everything else that writes RAM comes by, too. Nothing of it is a guest's state.
import { FRAME_TABLE, FrameKind, PAGE_SIZE, RAM_BASE } from '../x86/layout';

/** Before page `page` of RAM changes for the first time. */
export type FirstWrite = (page: number) => void;

export class WriteLog {
  /** By page of RAM: 1 until it is written. */
  private readonly clean: Uint8Array;
  private onFirstWrite: FirstWrite | undefined;

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
    this.clean.fill(1);
    for (let page = 0; page < this.clean.length; page++) this.mark(page, true);
  }

  end(): void {
    this.onFirstWrite = undefined;
    this.clean.fill(0);
    for (let page = 0; page < this.clean.length; page++) this.mark(page, false);
  }

  private mark(page: number, on: boolean): void {
    const at = (FRAME_TABLE >> 2) + page;
    const entry = this.frames[at]!;
    if (entry & FrameKind.ram) this.frames[at] = on ? entry | FrameKind.dirtyLog : entry & ~FrameKind.dirtyLog;
  }

  /** `length` bytes at an offset of the VM's memory are about to change. */
  touch(offset: number, length: number): void {
    if (this.onFirstWrite === undefined || offset < RAM_BASE) return;
    const last = (offset + length - 1 - RAM_BASE) >>> 12;
    for (let page = (offset - RAM_BASE) >>> 12; page <= last; page++) {
      if (this.clean[page] !== 1) continue;
      this.clean[page] = 0;
      this.mark(page, false);
      this.onFirstWrite(page);
    }
  }
}
