// One vCPU's TLB: the architectural entries (filled and dropped only as the guest can know), and beside each a fast entry that the emitted code looks at, both
// in the VM's memory. A fast tag may be dropped at any time; a miss on a live entry arms it again without a walk. Entries belong to a PCID (SDM vol 3
// ch. 5.10.1) and stay, without tags, while another is current; protection-key rights are applied when tags are armed, not when entries are filled.
import type { SavedValue } from '../base/saved';
import { FrameKind } from '../x86/layout';
import type { DataBreakpoints } from './data-breakpoints';
import { fetchLogSlot } from './fetch-log';
import { MMU_INDEXES, TLB_BASE, TLB_BYTES, TLB_ENTRIES, TLB_STRIDE, Tlb } from './record';
import type { StopPlaces } from './run/stop-places';
import { tlbIndex } from './tlb-index';
import {
  ENTRIES_PER_VCPU,
  ENTRY_STRIDE,
  Entry,
  FETCH_LOG,
  Header,
  LIST_LIMIT,
  TLB_ENTRIES_BASE,
  TLB_HEADER_STRIDE,
  TLB_HEADERS,
  TlbInfo,
  TlbKey,
  USED_FRAMES,
} from './tlb-layout';
import type { EngineMemory } from './vm-memory';
import type { Watchpoints } from './watchpoints';

/** What of the vCPU's state the entries are looked at with. */
export interface TlbContext {
  /** CR3[11:0] with CR4.PCIDE, else 0. */
  pcid: number;
  pkru: number;
}

/** Address bits that fragments of a large page have in common: 1 GiB covers 4 MiB too. */
const LARGE_MASK = 0xffe0_0000;
const HUGE_MASK = 0xc000_0000;

export class VcpuTlb {
  /** Its header in the VM's memory. */
  readonly header: number;
  private pkru = 0;
  private readonly base: number;
  private readonly entries: number;

  constructor(
    private readonly memory: EngineMemory,
    vcpu: number,
    /** True for a RAM offset whose frame holds decoded code. */
    private readonly hasCode: (offset: number) => boolean,
    /** The vCPU's own data breakpoints: their pages get no tags. */
    private readonly breakpoints: DataBreakpoints,
    /** The debugger's: so do theirs. */
    private readonly watchpoints: Watchpoints,
    /** The debugger's stop points: code is not fetched from their pages unseen. */
    private readonly stopPlaces: Pick<StopPlaces, 'isOpen'>,
  ) {
    this.header = TLB_HEADERS + vcpu * TLB_HEADER_STRIDE;
    this.base = TLB_BASE + vcpu * MMU_INDEXES * TLB_BYTES;
    this.entries = TLB_ENTRIES_BASE + vcpu * ENTRIES_PER_VCPU * ENTRY_STRIDE;
    memory.u8.fill(0xff, this.base, this.base + MMU_INDEXES * TLB_BYTES);
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) memory.i32[(this.base + index * TLB_STRIDE + Tlb.lined) >> 2] = 0;
    this.setField(Header.fast, this.base);
    this.setField(Header.entries, this.entries);
  }

  private field(offset: number): number {
    return this.memory.u32[(this.header + offset) >> 2]!;
  }
  private setField(offset: number, value: number): void {
    this.memory.u32[(this.header + offset) >> 2] = value;
  }
  private at(index: number): number {
    return this.entries + index * ENTRY_STRIDE;
  }
  info(index: number): number {
    return this.memory.u8[this.at(index) + Entry.info]!;
  }
  /** Guest frame of an entry. */
  gfn(index: number): number {
    return this.memory.u32[(this.at(index) + Entry.gfn) >> 2]!;
  }
  private lo(index: number): number {
    return this.memory.i32[(this.at(index) + Entry.lo) >> 2]!;
  }
  private hi(index: number): number {
    return this.memory.i32[(this.at(index) + Entry.hi) >> 2]!;
  }
  private key(index: number): number {
    return this.memory.u8[this.at(index) + Entry.key]!;
  }
  private pcidOf(index: number): number {
    return this.memory.u16[(this.at(index) + Entry.pcid) >> 1]!;
  }

  /** Address of the fast entries of an MMU index. */
  baseOf(mmu: number): number {
    return this.base + mmu * TLB_BYTES;
  }
  index(mmu: number, lo: number): number {
    return mmu * TLB_ENTRIES + tlbIndex(lo);
  }
  /** Whether the entry translates this address. */
  matches(index: number, lo: number, hi: number): boolean {
    return this.lo(index) === (lo & -4096) && this.hi(index) === hi && this.isCurrent(index);
  }
  /** Valid, and of the current PCID or global. */
  private isCurrent(index: number): boolean {
    const info = this.info(index);
    return (info & TlbInfo.valid) !== 0 && ((info & TlbInfo.global) !== 0 || this.pcidOf(index) === this.pcid);
  }
  /** Whether PKRU refuses a data access that the entry allows. */
  keyDenies(index: number, write: boolean): boolean {
    return keyDenies(this.pkru, this.key(index), write);
  }

  /** The interpreter's MOV to CR3 changes it, too. */
  private get pcid(): number {
    return this.field(Header.pcid);
  }
  private setPcid(pcid: number): void {
    this.setField(Header.pcid, pcid);
  }
  /** Another PCID or PKRU: what it makes wrong loses its tags. */
  setContext({ pcid, pkru }: TlbContext): void {
    if (pcid !== this.pcid) {
      this.setPcid(pcid);
      this.disarmOthers();
    }
    if (pkru !== this.pkru) {
      this.pkru = pkru;
      this.armWhere((index) => (this.key(index) & TlbKey.applies) !== 0);
    }
  }

  /** All but global entries lose their tags. Kernels change PCIDs often: a loop without calls. */
  private disarmOthers(): void {
    const { i32, u16 } = this.memory;
    const overflowed = this.field(Header.overflowed) !== 0;
    const n = this.places;
    const words = (this.entries + Entry.info) >> 2;
    const list = (this.header + Header.list) >> 1;
    for (let i = 0; i < n; i++) {
      const index = overflowed ? i : u16[list + i]!;
      if ((i32[words + index * (ENTRY_STRIDE >> 2)]! & (TlbInfo.valid | TlbInfo.global)) !== TlbInfo.valid) continue;
      const at = (this.base + index * TLB_STRIDE) >> 2;
      i32[at] = -1;
      i32[at + 2] = -1;
      i32[at + 4] = -1;
    }
  }

  /** How many places may hold valid entries that are not global. */
  private get places(): number {
    return this.field(Header.overflowed) ? ENTRIES_PER_VCPU : this.field(Header.count);
  }
  private note(index: number): void {
    const count = this.field(Header.count);
    if (count < LIST_LIMIT) {
      this.memory.u16[(this.header + Header.list + count * 2) >> 1] = index;
      this.setField(Header.count, count + 1);
    } else this.setField(Header.overflowed, 1);
  }
  private armWhere(wanted: (index: number) => boolean): void {
    const { u8 } = this.memory;
    const infos = this.entries + Entry.info;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++)
      if (u8[infos + index * ENTRY_STRIDE]! & TlbInfo.valid && wanted(index)) this.arm(index);
  }

  /** `key`: TlbKey. */
  fill(index: number, lo: number, hi: number, gfn: number, info: number, key = 0): void {
    const { i32, u32 } = this.memory;
    if ((this.info(index) & (TlbInfo.valid | TlbInfo.global)) !== TlbInfo.valid && !(info & TlbInfo.global)) this.note(index);
    const at = this.at(index) >> 2;
    i32[at] = lo & -4096;
    i32[at + 1] = hi;
    u32[at + 2] = gfn;
    i32[at + 3] = info | TlbInfo.valid | (key << 8) | (this.pcid << 16);
    if (info & TlbInfo.large) this.memory.u8[this.header + Header.large + ((lo >>> 21) & 255)] = 1;
    if (info & TlbInfo.huge) this.setField(Header.huge, 1);
    this.arm(index);
  }

  /** A live entry was read through in TypeScript: what comes next by the same page is quick again, where nothing forbids it (a PCID that was away has no tags). */
  armRead(index: number): void {
    if (this.memory.i32[(this.base + index * TLB_STRIDE) >> 2] !== this.lo(index)) this.arm(index);
  }

  /** Data is used through an entry that is live. */
  noteUse(index: number): void {
    this.memory.u8[USED_FRAMES + (this.memory.frame(this.gfn(index)) >>> 12)] = 1;
  }

  /** Sets the fast tags (read, write, execute: see `Tlb`) that the entry and its frame allow. */
  arm(index: number): void {
    const { i32 } = this.memory;
    const at = (this.base + index * TLB_STRIDE) >> 2;
    const frame = this.memory.frame(this.gfn(index));
    const info = this.info(index);
    const lo = this.lo(index);
    const hi = this.hi(index);
    const ram = (frame & FrameKind.ram) !== 0 && this.isCurrent(index);
    const { breakpoints, watchpoints } = this;
    const watched = (frame & FrameKind.watched) !== 0 || (watchpoints.active && watchpoints.inPage(lo, hi));
    const open = ram && !watched && !(breakpoints.active && breakpoints.inPage(lo, hi));
    const key = this.key(index);
    const read = open && !(key && keyDenies(this.pkru, key, false));
    const write =
      open &&
      !(key && keyDenies(this.pkru, key, true)) &&
      (info & (TlbInfo.writable | TlbInfo.dirty)) === (TlbInfo.writable | TlbInfo.dirty) &&
      !(frame & (FrameKind.readOnly | FrameKind.dirtyLog)) &&
      !this.hasCode(frame & -4096);
    const execute = ram && (info & TlbInfo.executable) !== 0 && this.stopPlaces.isOpen(lo, hi, (frame & -4096) >>> 0);
    this.memory.u8[USED_FRAMES + (frame >>> 12)] = 1;
    i32[at] = read ? lo : -1;
    i32[at + 1] = read ? hi : -1;
    i32[at + 2] = write ? lo : -1;
    i32[at + 3] = write ? hi : -1;
    i32[at + 4] = execute ? lo : -1;
    i32[at + 5] = execute ? hi : -1;
    i32[at + (Tlb.addend >> 2)] = (frame & -4096) - lo;
    if (execute) this.memory.u8[FETCH_LOG + fetchLogSlot(lo, hi)] = 1;
  }

  /** Every page that instructions come from is looked at again. */
  disarmFetches(): void {
    const { i32 } = this.memory;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) i32[((this.base + index * TLB_STRIDE) >> 2) + 4] = -1;
  }

  /** Every page is looked at again before anything is done with it. */
  disarmAll(): void {
    const { i32 } = this.memory;
    const end = (this.base + ENTRIES_PER_VCPU * TLB_STRIDE) >> 2;
    for (let at = this.base >> 2; at < end; at += TLB_STRIDE >> 2) {
      i32[at] = -1;
      i32[at + 2] = -1;
      i32[at + 4] = -1;
    }
  }

  /** Pages that code is not to be fetched from unseen any more. */
  closeFetches(): void {
    const { i32, u32 } = this.memory;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) {
      const at = (this.base + index * TLB_STRIDE) >> 2;
      const lo = i32[at + 4]!;
      if (lo !== -1 && !this.stopPlaces.isOpen(lo, i32[at + 5]!, (u32[at + (Tlb.addend >> 2)]! + lo) >>> 0)) i32[at + 4] = -1;
    }
  }

  private drop(index: number): void {
    this.memory.u8[this.at(index) + Entry.info] = 0;
    this.disarm(index);
  }
  private disarm(index: number): void {
    const { i32 } = this.memory;
    const at = (this.base + index * TLB_STRIDE) >> 2;
    // No page's address: the low half of one ends with zeros.
    i32[at] = -1;
    i32[at + 2] = -1;
    i32[at + 4] = -1;
  }

  /** Everything, or everything but global entries. */
  flush(global: boolean): void {
    this.dropAll(global, -1);
  }
  /** The entries of one PCID that are not global. */
  flushContext(pcid: number): void {
    this.dropAll(false, pcid);
  }
  /** `pcid` -1: of any. */
  private dropAll(global: boolean, pcid: number): void {
    const { i32, u16 } = this.memory;
    const all = global || this.field(Header.overflowed) !== 0;
    const n = all ? ENTRIES_PER_VCPU : this.field(Header.count);
    const words = (this.entries + Entry.info) >> 2;
    const list = (this.header + Header.list) >> 1;
    this.setField(Header.count, 0);
    this.setField(Header.overflowed, 0);
    for (let i = 0; i < n; i++) {
      const index = all ? i : u16[list + i]!;
      const word = i32[words + index * (ENTRY_STRIDE >> 2)]!;
      if (!(word & TlbInfo.valid) || (word & TlbInfo.global && !global)) continue;
      if (pcid < 0 || word & TlbInfo.global || word >>> 16 === pcid) this.drop(index);
      else this.note(index);
    }
    if (!global) return;
    this.setField(Header.huge, 0);
    this.memory.u8.fill(0, this.header + Header.large, this.header + Header.large + 256);
  }

  /** INVLPG: the page in the current PCID, global or not, and every entry of a large page that covers it. */
  flushPage(lo: number, hi: number): void {
    this.flushPageOf(this.pcid, lo, hi, true);
  }
  /** INVPCID of one address: of any PCID, but no global ones. */
  flushPageOf(pcid: number, lo: number, hi: number, global = false): void {
    for (let mmu = 0; mmu < MMU_INDEXES; mmu++) {
      const index = this.index(mmu, lo);
      if (this.covers(index, -4096, pcid, lo, hi, global)) this.drop(index);
    }
    if (!this.field(Header.huge) && !this.memory.u8[this.header + Header.large + ((lo >>> 21) & 255)]) return;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) {
      const info = this.info(index);
      if (!(info & TlbInfo.large)) continue;
      if (this.covers(index, info & TlbInfo.huge ? HUGE_MASK : LARGE_MASK, pcid, lo, hi, global)) this.drop(index);
    }
  }
  private covers(index: number, mask: number, pcid: number, lo: number, hi: number, global: boolean): boolean {
    const info = this.info(index);
    if (!(info & TlbInfo.valid) || this.hi(index) !== hi || (this.lo(index) & mask) !== (lo & mask)) return false;
    return info & TlbInfo.global ? global : this.pcidOf(index) === pcid;
  }

  /** A frame got its first code: writes to it are looked at again. Often: a loop that reads one word of an entry. */
  closeWrites(offset: number): void {
    const { i32 } = this.memory;
    const end = (this.base + ENTRIES_PER_VCPU * TLB_STRIDE) >> 2;
    for (let at = (this.base + Tlb.write) >> 2; at < end; at += TLB_STRIDE >> 2) {
      const lo = i32[at]!;
      if (lo !== -1 && ((i32[at + ((Tlb.addend - Tlb.write) >> 2)]! + lo) | 0) === offset) i32[at] = -1;
    }
  }

  /** Arms again every entry of a frame (its kind or its code changed), or all. */
  rearm(offset: number): void {
    const { memory } = this;
    const { i32, u32 } = memory;
    const words = this.entries >> 2;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) {
      const at = words + index * (ENTRY_STRIDE >> 2);
      if (i32[at + (Entry.info >> 2)]! & TlbInfo.valid && (memory.frame(u32[at + (Entry.gfn >> 2)]!) & -4096) === offset) this.arm(index);
    }
  }
  rearmFrame(gfn: number): void {
    this.armWhere((index) => this.gfn(index) === gfn);
  }

  /** Breakpoints have changed. */
  rearmAll(): void {
    this.setField(Header.watching, this.breakpoints.active || this.watchpoints.active ? 1 : 0);
    this.armWhere(() => true);
  }

  save(): SavedValue {
    const entries: number[] = [];
    const { u8 } = this.memory;
    const first = this.entries + Entry.info;
    for (let index = 0; index < ENTRIES_PER_VCPU; index++) {
      const info = u8[first + index * ENTRY_STRIDE]!;
      if (info & TlbInfo.valid)
        entries.push(index, this.lo(index), this.hi(index), this.gfn(index), info, this.key(index) | (this.pcidOf(index) << 8));
    }
    return entries;
  }
  /** `context`: of the state that is restored with it. */
  restore(state: SavedValue, context: TlbContext): void {
    this.flush(true);
    const entries = state as readonly number[];
    for (let i = 0; i + 5 < entries.length; i += 6) {
      const tag = entries[i + 5]!;
      this.setPcid(tag >>> 8);
      this.fill(entries[i]!, entries[i + 1]!, entries[i + 2]!, entries[i + 3]!, entries[i + 4]!, tag & 0xff);
    }
    this.setPcid(context.pcid);
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
