// One vCPU's TLB: the architectural entries (filled and dropped only as the guest can know), and beside each a fast entry in the VM's memory that the
// emitted code looks at. A fast tag may be dropped at any time; a miss on a live entry arms it again without a walk.
import type { SavedValue } from '../base/saved';
import { FrameKind } from '../x86/layout';
import { MMU_INDEXES, TLB_BASE, TLB_BYTES, TLB_ENTRIES, TLB_STRIDE, Tlb } from './record';
import type { EngineMemory } from './vm-memory';

export const MmuIndex = { supervisor: 0, user: 1, smap: 2 } as const;
/** Bits of an entry's info. */
export const TlbInfo = { valid: 1, writable: 2, dirty: 4, executable: 8, global: 16, user: 32, large: 64 } as const;

const TOTAL = MMU_INDEXES * TLB_ENTRIES;
/** Filled entries are listed, so that a flush of few is cheap. */
const LIST_LIMIT = 256;

export class VcpuTlb {
  readonly lo = new Int32Array(TOTAL);
  readonly hi = new Int32Array(TOTAL);
  readonly info = new Uint8Array(TOTAL);
  readonly gfn = new Uint32Array(TOTAL);
  private filled: number[] = [];
  private overflowed = false;
  private large = false;
  private readonly base: number;

  constructor(
    private readonly memory: EngineMemory,
    vcpu: number,
    /** True for a RAM offset whose frame holds decoded code. */
    private readonly hasCode: (offset: number) => boolean,
  ) {
    this.base = TLB_BASE + vcpu * MMU_INDEXES * TLB_BYTES;
    memory.u8.fill(0xff, this.base, this.base + MMU_INDEXES * TLB_BYTES);
  }

  /** Address of the fast entries of an MMU index. */
  baseOf(mmu: number): number {
    return this.base + mmu * TLB_BYTES;
  }
  index(mmu: number, lo: number): number {
    return mmu * TLB_ENTRIES + ((lo >>> 12) & (TLB_ENTRIES - 1));
  }
  /** Whether the entry translates this address. */
  matches(index: number, lo: number, hi: number): boolean {
    return (this.info[index]! & TlbInfo.valid) !== 0 && this.lo[index] === (lo & -4096) && this.hi[index] === hi;
  }

  fill(index: number, lo: number, hi: number, gfn: number, info: number): void {
    if (!(this.info[index]! & TlbInfo.valid)) {
      if (this.filled.length < LIST_LIMIT) this.filled.push(index);
      else this.overflowed = true;
    }
    this.lo[index] = lo & -4096;
    this.hi[index] = hi;
    this.gfn[index] = gfn;
    this.info[index] = info | TlbInfo.valid;
    if (info & TlbInfo.large) this.large = true;
    this.arm(index);
  }

  /** Sets the fast tags (read, write, execute: see `Tlb`) that the entry and its frame allow. */
  arm(index: number): void {
    const { i32 } = this.memory;
    const at = (this.base + index * TLB_STRIDE) >> 2;
    const frame = this.memory.frame(this.gfn[index]!);
    const info = this.info[index]!;
    const lo = this.lo[index]!;
    const hi = this.hi[index]!;
    const ram = (frame & FrameKind.ram) !== 0 && (info & TlbInfo.valid) !== 0;
    const read = ram && !(frame & FrameKind.watched);
    const write =
      read &&
      (info & (TlbInfo.writable | TlbInfo.dirty)) === (TlbInfo.writable | TlbInfo.dirty) &&
      !(frame & (FrameKind.readOnly | FrameKind.dirtyLog)) &&
      !this.hasCode(frame & -4096);
    const execute = ram && (info & TlbInfo.executable) !== 0;
    i32[at] = read ? lo : -1;
    i32[at + 1] = read ? hi : -1;
    i32[at + 2] = write ? lo : -1;
    i32[at + 3] = write ? hi : -1;
    i32[at + 4] = execute ? lo : -1;
    i32[at + 5] = execute ? hi : -1;
    i32[at + (Tlb.addend >> 2)] = (frame & -4096) - lo;
  }

  private drop(index: number): void {
    this.info[index] = 0;
    const at = (this.base + index * TLB_STRIDE) >> 2;
    this.memory.i32.fill(-1, at, at + 6);
  }

  /** Everything, or everything but global entries. */
  flush(global: boolean): void {
    const keep: number[] = [];
    const visit = (index: number): void => {
      const info = this.info[index]!;
      if (!(info & TlbInfo.valid)) return;
      if (!global && info & TlbInfo.global) keep.push(index);
      else this.drop(index);
    };
    if (this.overflowed) for (let index = 0; index < TOTAL; index++) visit(index);
    else for (const index of this.filled) visit(index);
    this.overflowed = keep.length > LIST_LIMIT;
    this.filled = this.overflowed ? keep.slice(0, LIST_LIMIT) : keep;
    if (keep.length === 0) this.large = false;
  }

  /** INVLPG: the page, and every entry of a large page that covers it. */
  flushPage(lo: number, hi: number): void {
    for (let mmu = 0; mmu < MMU_INDEXES; mmu++) {
      const index = this.index(mmu, lo);
      if (this.matches(index, lo, hi)) {
        if (this.info[index]! & TlbInfo.large) this.large = true;
        this.drop(index);
      }
    }
    if (!this.large) return;
    // Fragments of large pages do not say how large: 1 GiB covers all sizes.
    const region = lo & 0xc000_0000;
    for (let index = 0; index < TOTAL; index++)
      if (this.info[index]! & TlbInfo.large && this.hi[index] === hi && (this.lo[index]! & 0xc000_0000) === region) this.drop(index);
  }

  dropOne(index: number): void {
    this.drop(index);
  }

  /** Arms again every entry of a frame (its kind or its code changed), or all. */
  rearm(offset: number): void {
    const visit = (index: number): void => {
      if (this.info[index]! & TlbInfo.valid && (this.memory.frame(this.gfn[index]!) & -4096) === offset) this.arm(index);
    };
    if (this.overflowed) for (let index = 0; index < TOTAL; index++) visit(index);
    else for (const index of this.filled) visit(index);
  }
  rearmFrame(gfn: number): void {
    for (let index = 0; index < TOTAL; index++) if (this.info[index]! & TlbInfo.valid && this.gfn[index] === gfn) this.arm(index);
  }

  save(): SavedValue {
    const entries: number[] = [];
    for (let index = 0; index < TOTAL; index++)
      if (this.info[index]! & TlbInfo.valid) entries.push(index, this.lo[index]!, this.hi[index]!, this.gfn[index]!, this.info[index]!);
    return entries;
  }
  restore(state: SavedValue): void {
    this.flush(true);
    const entries = state as readonly number[];
    for (let i = 0; i + 4 < entries.length; i += 5)
      this.fill(entries[i]!, entries[i + 1]!, entries[i + 2]!, entries[i + 3]!, entries[i + 4]!);
  }
}
