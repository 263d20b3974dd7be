// One vCPU's TLB: the architectural entries (filled and dropped only as the guest can know), and beside each a fast entry in the VM's memory that the
// emitted code looks at. A fast tag may be dropped at any time; a miss on a live entry arms it again without a walk. Entries belong to a PCID (SDM vol 3
// ch. 5.10.1) and stay, without tags, while another is current; protection-key rights are applied when tags are armed, not when entries are filled.
import type { SavedValue } from '../base/saved';
import { FrameKind } from '../x86/layout';
import type { DataBreakpoints } from './data-breakpoints';
import { MMU_INDEXES, TLB_BASE, TLB_BYTES, TLB_ENTRIES, TLB_STRIDE, Tlb } from './record';
import type { EngineMemory } from './vm-memory';
import type { Watchpoints } from './watchpoints';

export const MmuIndex = { supervisor: 0, user: 1, smap: 2 } as const;
/** Bits of an entry's info. */
export const TlbInfo = { valid: 1, writable: 2, dirty: 4, executable: 8, global: 16, user: 32, large: 64 } as const;
/** Bits of an entry's key byte beside the protection key in bits 3:0. */
export const TlbKey = {
  number: 15,
  /** The address is a user-mode one and CR4.PKE is set: PKRU's AD bit counts. */
  applies: 16,
  /** PKRU's WD bit counts too: user-mode access, or CR0.WP. */
  guardsWrites: 32,
} as const;

/** What of the vCPU's state the entries are looked at with. */
export interface TlbContext {
  /** CR3[11:0] with CR4.PCIDE, else 0. */
  pcid: number;
  pkru: number;
}

const TOTAL = MMU_INDEXES * TLB_ENTRIES;
/** Filled entries are listed, so that a flush of few is cheap. */
const LIST_LIMIT = 256;

export class VcpuTlb {
  readonly lo = new Int32Array(TOTAL);
  readonly hi = new Int32Array(TOTAL);
  readonly info = new Uint8Array(TOTAL);
  readonly gfn = new Uint32Array(TOTAL);
  private readonly key = new Uint8Array(TOTAL);
  private readonly pcids = new Uint16Array(TOTAL);
  private pcid = 0;
  private pkru = 0;
  private filled: number[] = [];
  private overflowed = false;
  private large = false;
  private readonly base: number;

  constructor(
    private readonly memory: EngineMemory,
    vcpu: number,
    /** True for a RAM offset whose frame holds decoded code. */
    private readonly hasCode: (offset: number) => boolean,
    /** The vCPU's own data breakpoints: their pages get no tags. */
    private readonly breakpoints: DataBreakpoints,
    /** The debugger's: so do theirs. */
    private readonly watchpoints: Watchpoints,
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
    return this.isCurrent(index) && this.lo[index] === (lo & -4096) && this.hi[index] === hi;
  }
  /** Valid, and of the current PCID or global. */
  private isCurrent(index: number): boolean {
    const info = this.info[index]!;
    return (info & TlbInfo.valid) !== 0 && ((info & TlbInfo.global) !== 0 || this.pcids[index] === this.pcid);
  }
  /** Whether PKRU refuses a data access that the entry allows. */
  keyDenies(index: number, write: boolean): boolean {
    return keyDenies(this.pkru, this.key[index]!, write);
  }

  /** Another PCID or PKRU: what it makes wrong loses its tags. */
  setContext({ pcid, pkru }: TlbContext): void {
    if (pcid !== this.pcid) {
      this.pcid = pcid;
      this.visit((index) => {
        if (!(this.info[index]! & TlbInfo.global)) this.disarm(index);
      });
    }
    if (pkru !== this.pkru) {
      this.pkru = pkru;
      this.visit((index) => {
        if (this.key[index]! & TlbKey.applies) this.arm(index);
      });
    }
  }
  /** Calls with the index of every valid entry. */
  private visit(action: (index: number) => void): void {
    if (this.overflowed) {
      for (let index = 0; index < TOTAL; index++) if (this.info[index]! & TlbInfo.valid) action(index);
    } else for (const index of this.filled) if (this.info[index]! & TlbInfo.valid) action(index);
  }

  /** `key`: TlbKey. */
  fill(index: number, lo: number, hi: number, gfn: number, info: number, key = 0): void {
    if (!(this.info[index]! & TlbInfo.valid)) {
      if (this.filled.length < LIST_LIMIT) this.filled.push(index);
      else this.overflowed = true;
    }
    this.lo[index] = lo & -4096;
    this.hi[index] = hi;
    this.gfn[index] = gfn;
    this.info[index] = info | TlbInfo.valid;
    this.key[index] = key;
    this.pcids[index] = this.pcid;
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
    const ram = (frame & FrameKind.ram) !== 0 && this.isCurrent(index);
    const { breakpoints, watchpoints } = this;
    const watched = (frame & FrameKind.watched) !== 0 || (watchpoints.active && watchpoints.inPage(lo, hi));
    const open = ram && !watched && !(breakpoints.active && breakpoints.inPage(lo, hi));
    const key = this.key[index]!;
    const read = open && !(key && keyDenies(this.pkru, key, false));
    const write =
      open &&
      !(key && keyDenies(this.pkru, key, true)) &&
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
    this.disarm(index);
  }
  private disarm(index: number): void {
    const at = (this.base + index * TLB_STRIDE) >> 2;
    this.memory.i32.fill(-1, at, at + 6);
  }

  /** Everything, or everything but global entries. */
  flush(global: boolean): void {
    this.dropWhere((info) => global || !(info & TlbInfo.global));
  }
  /** The entries of one PCID that are not global. */
  flushContext(pcid: number): void {
    this.dropWhere((info, index) => !(info & TlbInfo.global) && this.pcids[index] === pcid);
  }
  private dropWhere(gone: (info: number, index: number) => boolean): void {
    const keep: number[] = [];
    this.visit((index) => {
      if (gone(this.info[index]!, index)) this.drop(index);
      else keep.push(index);
    });
    this.overflowed = keep.length > LIST_LIMIT;
    this.filled = this.overflowed ? keep.slice(0, LIST_LIMIT) : keep;
    if (keep.length === 0) this.large = false;
  }

  /** INVLPG: the page in the current PCID, global or not, and every entry of a large page that covers it. */
  flushPage(lo: number, hi: number): void {
    this.flushPageOf(this.pcid, lo, hi, true);
  }
  /** INVPCID of one address: of any PCID, but no global ones. */
  flushPageOf(pcid: number, lo: number, hi: number, global = false): void {
    const covers = (index: number, mask: number): boolean => {
      const info = this.info[index]!;
      if (!(info & TlbInfo.valid) || this.hi[index] !== hi || (this.lo[index]! & mask) !== (lo & mask)) return false;
      return info & TlbInfo.global ? global : this.pcids[index] === pcid;
    };
    for (let mmu = 0; mmu < MMU_INDEXES; mmu++) {
      const index = this.index(mmu, lo);
      if (covers(index, -4096)) this.drop(index);
    }
    if (!this.large) return;
    // Fragments of large pages do not say how large: 1 GiB covers all sizes.
    for (let index = 0; index < TOTAL; index++) if (this.info[index]! & TlbInfo.large && covers(index, 0xc000_0000)) this.drop(index);
  }

  /** Arms again every entry of a frame (its kind or its code changed), or all. */
  rearm(offset: number): void {
    this.visit((index) => {
      if ((this.memory.frame(this.gfn[index]!) & -4096) === offset) this.arm(index);
    });
  }
  rearmFrame(gfn: number): void {
    for (let index = 0; index < TOTAL; index++) if (this.info[index]! & TlbInfo.valid && this.gfn[index] === gfn) this.arm(index);
  }

  /** Breakpoints have changed. */
  rearmAll(): void {
    this.visit((index) => this.arm(index));
  }

  save(): SavedValue {
    const entries: number[] = [];
    for (let index = 0; index < TOTAL; index++)
      if (this.info[index]! & TlbInfo.valid)
        entries.push(
          index,
          this.lo[index]!,
          this.hi[index]!,
          this.gfn[index]!,
          this.info[index]!,
          this.key[index]! | (this.pcids[index]! << 8),
        );
    return entries;
  }
  /** `context`: of the state that is restored with it. */
  restore(state: SavedValue, context: TlbContext): void {
    this.flush(true);
    const entries = state as readonly number[];
    for (let i = 0; i + 5 < entries.length; i += 6) {
      const tag = entries[i + 5]!;
      this.pcid = tag >>> 8;
      this.fill(entries[i]!, entries[i + 1]!, entries[i + 2]!, entries[i + 3]!, entries[i + 4]!, tag & 0xff);
    }
    this.pcid = context.pcid;
    this.pkru = context.pkru;
    this.rearmAll();
  }
}

/** SDM vol 3 ch. 5.6.2: AD refuses every data access, WD writes. */
export function keyDenies(pkru: number, key: number, write: boolean): boolean {
  if (!(key & TlbKey.applies)) return false;
  const bits = pkru >>> ((key & TlbKey.number) * 2);
  return (bits & 1) !== 0 || (write && (bits & 2) !== 0 && (key & TlbKey.guardsWrites) !== 0);
}
