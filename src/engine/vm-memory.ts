// The VM's one WebAssembly memory seen from TypeScript, its frame table, and the door through which everything outside the CPU writes guest memory.
import { assert } from '../base/assert';
import { isZero } from '../base/is-zero';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, PAGE_SIZE, RAM_BASE } from '../x86/layout';
import type { VmMemory } from './cpu-engine';
import { USED_FRAMES } from './tlb-layout';
import { WriteLog } from './write-log';

const WASM_PAGE = 0x1_0000;
export const WASM_PAGES_LIMIT = 0x1_0000;

export class EngineMemory implements VmMemory {
  readonly wasm: WebAssembly.Memory;
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly view: DataView;
  /** Which pages are written since a snapshot. */
  readonly writes: WriteLog;
  readonly pages: { pages: number; maximum: number; shared: boolean };
  /** Called before `length` bytes at an offset of this memory change from outside the CPU. */
  onWrite: (offset: number, length: number) => void = () => {};
  /** Called before the host writes guest memory. */
  onHostWrite: (gpa: number, length: number) => void = () => {};
  /** Called after a frame table entry changed. */
  onFrameChange: (gfn: number) => void = () => {};

  constructor(
    readonly ramSize: number,
    readonly maxRamSize: number,
    shared: boolean,
  ) {
    assert(ramSize % PAGE_SIZE === 0 && ramSize <= maxRamSize, 'RAM is whole pages');
    const total = Math.ceil((RAM_BASE + maxRamSize) / WASM_PAGE);
    assert(total <= WASM_PAGES_LIMIT, 'guest memory fits a 4 GiB WebAssembly memory');
    this.pages = { pages: total, maximum: total, shared };
    this.wasm = new WebAssembly.Memory({ initial: total, maximum: total, shared });
    this.buffer = this.wasm.buffer;
    this.u8 = new Uint8Array(this.buffer);
    this.u16 = new Uint16Array(this.buffer);
    this.i32 = new Int32Array(this.buffer);
    this.u32 = new Uint32Array(this.buffer);
    this.view = new DataView(this.buffer);
    this.writes = new WriteLog(this.u32, ramSize);
    for (let gfn = 0; gfn < ramSize / PAGE_SIZE; gfn++) this.u32[(FRAME_TABLE >> 2) + gfn] = (RAM_BASE + gfn * PAGE_SIZE) | FrameKind.ram;
  }

  frameChanges = 0;

  /** Frame table entry; 0 (hole) above the table. */
  frame(gfn: number): number {
    return gfn < FRAME_TABLE_FRAMES ? this.u32[(FRAME_TABLE >> 2) + gfn]! : 0;
  }
  setFrame(gfn: number, entry: number): void {
    assert(gfn < FRAME_TABLE_FRAMES, 'frame within the frame table');
    // The entry loses its mark: the page counts as written.
    this.frameChanges++;
    this.writes.frameChanges(gfn, this.frame(gfn), entry);
    this.u32[(FRAME_TABLE >> 2) + gfn] = entry;
    this.onFrameChange(gfn);
  }
  /** The debugger's mark on a frame: no change of what the guest is given. Fast tags are the caller's to take away. */
  markWatched(gfn: number, on: boolean): void {
    const entry = this.frame(gfn);
    // Frames that are no RAM have no fast tags anyway.
    if (entry & FrameKind.ram) this.u32[(FRAME_TABLE >> 2) + gfn] = on ? entry | FrameKind.watched : entry & ~FrameKind.watched;
  }
  offsetOf(gpa: number): number | undefined {
    const entry = this.frame(Math.floor(gpa / PAGE_SIZE));
    return entry & FrameKind.ram ? ((entry & -PAGE_SIZE) + (gpa % PAGE_SIZE)) >>> 0 : undefined;
  }

  read(gpa: number, length: number): Uint8Array | undefined {
    const out = new Uint8Array(length);
    const whole = this.forEachPiece(gpa, length, (offset, at, size) => out.set(this.u8.subarray(offset, offset + size), at));
    return whole ? out : undefined;
  }
  write(gpa: number, bytes: Uint8Array): boolean {
    if (!this.forEachPiece(gpa, bytes.length, () => {})) return false;
    this.onHostWrite(gpa, bytes.length);
    return this.forEachPiece(gpa, bytes.length, (offset, at, size) => {
      this.onWrite(offset, size);
      this.u8.set(bytes.subarray(at, at + size), offset);
    });
  }

  private get used(): Uint8Array {
    const first = USED_FRAMES + RAM_BASE / PAGE_SIZE;
    return this.u8.subarray(first, first + this.ramSize / PAGE_SIZE);
  }
  /** No page has been read since. */
  forgetUse(): void {
    this.used.fill(0);
  }
  /** One bit for each page that data may have been read from. */
  useLog(): Uint8Array {
    const { used } = this;
    const log = new Uint8Array(Math.ceil(used.length / 8));
    // Four pages at a time: most were not.
    const words = new Uint32Array(used.buffer, used.byteOffset, used.length >>> 2);
    for (let word = 0; word < words.length; word++) {
      if (words[word] === 0) continue;
      for (let page = word * 4; page < word * 4 + 4; page++) if (used[page] !== 0) log[page >>> 3]! |= 1 << (page & 7);
    }
    for (let page = words.length * 4; page < used.length; page++) if (used[page] !== 0) log[page >>> 3]! |= 1 << (page & 7);
    return log;
  }

  readPage(page: number, offset: number, length: number): Uint8Array {
    const at = RAM_BASE + page * PAGE_SIZE + offset;
    return this.u8.slice(at, at + length);
  }
  writePage(page: number, offset: number, bytes: Uint8Array): void {
    const at = RAM_BASE + page * PAGE_SIZE + offset;
    this.onWrite(at, bytes.length);
    this.u8.set(bytes, at);
  }

  clear(): void {
    const words = new Uint32Array(this.buffer, RAM_BASE, this.ramSize / 4);
    for (let at = 0; at < words.length; at += PAGE_SIZE / 4) {
      if (isZero(words, at, PAGE_SIZE / 4)) continue;
      this.onWrite(RAM_BASE + at * 4, PAGE_SIZE);
      words.fill(0, at, at + PAGE_SIZE / 4);
    }
  }

  /** False where any byte is not RAM. */
  private forEachPiece(gpa: number, length: number, piece: (offset: number, at: number, size: number) => void): boolean {
    if (!Number.isSafeInteger(gpa) || gpa < 0) return false;
    for (let at = 0; at < length; ) {
      const offset = this.offsetOf(gpa + at);
      if (offset === undefined) return false;
      const size = Math.min(length - at, PAGE_SIZE - ((gpa + at) % PAGE_SIZE));
      piece(offset, at, size);
      at += size;
    }
    return true;
  }
}
