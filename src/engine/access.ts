// What emitted code and helpers do to memory when the fast TLB does not cover it: fills, page crossing, devices, decoded code.
import type { CpuHost, LinearMemory, Privilege } from '../x86/cpu';
import { type CpuFault, faults } from '../x86/fault';
import { FrameKind, ModeBit, S, STATE } from '../x86/layout';
import { ACCESS_MODIFY, ACCESS_WRITE } from './access-info';
import { isMisaligned } from './alignment';
import type { CodeCache } from './code-cache';
import type { DataBreakpoints } from './data-breakpoints';
import { BlockCell } from './decode/layout';
import { readDevice, writeDevice } from './device-access';
import { IMMEDIATE_BYTES } from './immediates';
import type { Mmu } from './mmu';
import { readPieces, writePieces } from './pieces';
import { BOUNCE, EMPTY_TLB, HALVES, Slot, TLB_BYTES } from './record';
import type { VcpuTlb } from './tlb';
import { MmuIndex, Want } from './tlb-layout';
import type { EngineMemory } from './vm-memory';
import type { Watchpoints } from './watchpoints';

const CR4_LA57 = 1 << 12;

/** Why an access made the interpreter leave at its record. */
export type Refusal = 'none' | 'fault' | 'isolate-mmio' | 'isolate-code' | 'isolate-breakpoint';

const PENDING_DEBUG = (STATE + S.pendingDebug) >> 2;
const CR4_SMAP = 1 << 21;

interface Piece {
  /** Offset in memory, or -1: a device or hole at `gpa`. */
  offset: number;
  gpa: number;
  length: number;
  dropped: boolean;
}

/** The memory side of the running vCPU. */
export class AccessPath {
  refusal: Refusal = 'none';
  /** True while exactly one instruction runs: device accesses and stores into code are done in place. */
  isolated = false;
  tlb!: VcpuTlb;
  breakpoints!: DataBreakpoints;
  host!: CpuHost;
  private pending: Piece[] = [];
  /** Where the bounced store goes if it is an immediate of code; or -1. */
  private immediateAt = -1;
  /** Before a host call: state is made exact. */
  onHostCall: () => void = () => {};
  /** Blocks have died that the trip through the interpreter knows nothing of; the code's generation before. */
  onCodeApart: (before: number) => void = () => {};

  constructor(
    private readonly memory: EngineMemory,
    private readonly mmu: Mmu,
    private readonly cache: CodeCache,
    private readonly watchpoints: Watchpoints,
  ) {
    memory.u8.fill(0xff, EMPTY_TLB, EMPTY_TLB + TLB_BYTES);
  }

  /** MMU index of the running code's data accesses. */
  currentMmu(): number {
    const mode = this.memory.i32[(STATE + S.mode) >> 2]!;
    return mode & ModeBit.user ? MmuIndex.user : mode & ModeBit.smap ? MmuIndex.smap : MmuIndex.supervisor;
  }

  /** Emitted code's slow path: host address, or 0 with `refusal` set. `record`: of the instruction, where it is known. */
  access(lo: number, hi: number, info: number, record = 0): number {
    const length = info & 0xffff;
    const write = (info & ACCESS_WRITE) !== 0;
    const mmu = this.currentMmu();
    if (this.checksAlignment && isMisaligned(lo, length) && this.isCanonical(hi) && !this.leavesCanonicalHalf(lo, hi, length))
      return this.fail(faults.ac());
    if (this.breakpoints.active && this.breakpoints.hits(lo, hi, length, write) !== 0 && !this.isolated)
      return this.refuse('isolate-breakpoint');
    if ((lo & 4095) + length <= 4096) {
      const index = this.mmu.translate(this.tlb, mmu, lo, hi, write ? Want.write : Want.read);
      if (index < 0) return this.refuse('fault');
      const frame = this.memory.frame(this.tlb.gfn(index));
      this.noteAccess(lo, hi, length, info);
      // A device access is held back for its own reason first.
      const alone = this.isolated || (frame & FrameKind.ram) === 0;
      if (this.watchpoints.active && this.isWatched(lo, hi, this.tlb.gfn(index), length, info) && !alone)
        return this.refuseWatched(((frame & -4096) + (lo & 4095)) >>> 0, length, write);
      if (frame & FrameKind.ram) {
        const offset = ((frame & -4096) + (lo & 4095)) >>> 0;
        if (!write) {
          this.tlb.arm(index);
          return offset;
        }
        if (frame & FrameKind.readOnly) return this.bounce([{ offset, gpa: 0, length, dropped: true }], info);
        if (length === IMMEDIATE_BYTES && !this.isolated && this.cache.isImmediate(offset)) return this.immediate(offset, frame, info);
        if (this.cache.touchesCode(offset, length)) {
          if (!this.isolated && !this.isApart(offset, length, record)) return this.refuseStore(offset, length);
          this.changeCode(offset, length);
        }
        if (frame & FrameKind.dirtyLog) this.memory.writes.touch(offset, length);
        this.tlb.arm(index);
        return offset;
      }
      if (!this.isolated) return this.refuse('isolate-mmio');
      return this.bounce([{ offset: -1, gpa: this.tlb.gfn(index) * 4096 + (lo & 4095), length, dropped: false }], info);
    }
    return this.crossing(lo, hi, length, info, mmu);
  }

  private crossing(lo: number, hi: number, length: number, info: number, mmu: number): number {
    const want = info & ACCESS_WRITE ? Want.write : Want.read;
    const pieces: Piece[] = [];
    if (this.leavesCanonicalHalf(lo, hi, length)) return this.fail(faults.gp(0));
    this.noteAccess(lo, hi, length, info);
    const first = 4096 - (lo & 4095);
    let [atLo, atHi] = [lo, hi];
    for (let done = 0; done < length; ) {
      const index = this.mmu.translate(this.tlb, mmu, atLo, atHi, want);
      if (index < 0) return this.refuse('fault');
      const frame = this.memory.frame(this.tlb.gfn(index));
      const part = done === 0 ? first : Math.min(4096, length - done);
      const ram = (frame & FrameKind.ram) !== 0;
      const offset = ram ? ((frame & -4096) + (atLo & 4095)) >>> 0 : -1;
      if (!ram && !this.isolated) return this.refuse('isolate-mmio');
      if (this.watchpoints.active && this.isWatched(atLo, atHi, this.tlb.gfn(index), part, info) && !this.isolated)
        return this.refuseWatched(offset, part, want === Want.write);
      if (ram && want === Want.write && !(frame & FrameKind.readOnly) && this.cache.touchesCode(offset, part)) {
        if (!this.isolated) return this.refuseStore(offset, part);
        this.cache.invalidate(offset, part);
      }
      if (ram && want === Want.write && frame & FrameKind.dirtyLog) this.memory.writes.touch(offset, part);
      pieces.push({ offset, gpa: this.tlb.gfn(index) * 4096 + (atLo & 4095), length: part, dropped: (frame & FrameKind.readOnly) !== 0 });
      done += part;
      const next = (lo & -4096) + (done < length || part ? 4096 : 0);
      atLo = next | 0;
      // A carry out of the low half: outside 64-bit mode linear addresses wrap at 4 GiB.
      atHi = atLo === 0 && (this.memory.i32[(STATE + S.mode) >> 2]! & ModeBit.code64) !== 0 ? (hi + 1) | 0 : hi;
    }
    return this.bounce(pieces, info);
  }

  /** Data breakpoints are traps: what is hit waits in S.pendingDebug for the end of the instruction (SDM vol 3 ch. 19.3.1.2). A fault drops it. */
  private noteAccess(lo: number, hi: number, length: number, info: number): void {
    const { breakpoints } = this;
    if (!breakpoints.active) return;
    let bits = breakpoints.hits(lo, hi, length, (info & ACCESS_WRITE) !== 0);
    if (info & ACCESS_MODIFY) bits |= breakpoints.hits(lo, hi, length, false);
    this.memory.i32[PENDING_DEBUG]! |= bits;
  }

  /** The debugger watches a place of this access, which is within one page; once it runs alone that is a hit. */
  private isWatched(lo: number, hi: number, gfn: number, length: number, info: number, note = this.isolated): boolean {
    const write = (info & ACCESS_WRITE) !== 0;
    const gpa = gfn * 4096 + (lo & 4095);
    return this.watchpoints.touches(lo, hi, gpa, length, !write || (info & ACCESS_MODIFY) !== 0, write, note);
  }

  /** The last byte is not canonical where the first is: that is found before either page is translated. */
  private leavesCanonicalHalf(lo: number, hi: number, length: number): boolean {
    const code64 = (this.memory.i32[(STATE + S.mode) >> 2]! & ModeBit.code64) !== 0;
    return code64 && (lo >>> 0) + length > 0x1_0000_0000 && !this.isCanonical((hi + 1) | 0);
  }
  /** By the high half of a linear address; always outside long mode, where it is 0. */
  private isCanonical(hi: number): boolean {
    const sign = hi >> (this.memory.i32[(STATE + S.cr4) >> 2]! & CR4_LA57 ? 24 : 15);
    return sign === 0 || sign === -1;
  }
  /** CR0.AM and EFLAGS.AC at CPL 3. */
  private get checksAlignment(): boolean {
    return (this.memory.i32[(STATE + S.mode) >> 2]! & ModeBit.alignmentCheck) !== 0;
  }
  /** Fast entries for emitted code; none match where every access must be looked at. */
  fastTlb(tlb: VcpuTlb): number {
    return this.checksAlignment ? EMPTY_TLB : tlb.baseOf(this.currentMmu());
  }

  /** Gathers the bytes where they are read, and remembers where they go where they are written. */
  private bounce(pieces: Piece[], info: number): number {
    const write = (info & ACCESS_WRITE) !== 0;
    if (!write || info & ACCESS_MODIFY) {
      let at = BOUNCE;
      for (const piece of pieces) {
        if (piece.offset >= 0) this.memory.u8.copyWithin(at, piece.offset, piece.offset + piece.length);
        else this.readDevice(piece.gpa, piece.length, at);
        at += piece.length;
      }
    }
    if (write) {
      this.pending = pieces;
      this.commits(-1);
    }
    return BOUNCE;
  }

  /** An immediate of code that stays is stored. */
  private immediate(offset: number, frame: number, info: number): number {
    const { memory } = this;
    if (frame & FrameKind.dirtyLog) memory.writes.touch(offset, IMMEDIATE_BYTES);
    if (info & ACCESS_MODIFY) memory.u8.copyWithin(BOUNCE, offset, offset + IMMEDIATE_BYTES);
    this.commits(offset);
    return BOUNCE;
  }
  /** The buffer has a store that TypeScript commits: an immediate, or else what is pending. */
  private commits(immediateAt: number): void {
    this.immediateAt = immediateAt;
    this.memory.u32[BlockCell.storing >> 2] = 0;
  }

  /** The bounced store is in the buffer. */
  commit(): void {
    let at = BOUNCE;
    const { immediateAt } = this;
    if (immediateAt >= 0) {
      this.immediateAt = -1;
      this.memory.u8.copyWithin(immediateAt, at, at + IMMEDIATE_BYTES);
      this.cache.reload(immediateAt);
      return;
    }
    const pieces = this.pending;
    this.pending = [];
    for (const piece of pieces) {
      if (piece.offset < 0) this.writeDevice(piece.gpa, piece.length, at);
      else if (!piece.dropped) this.memory.u8.copyWithin(piece.offset, at, at + piece.length);
      at += piece.length;
    }
  }

  private readDevice(gpa: number, length: number, at: number): void {
    this.onHostCall();
    readDevice(this.memory.view, this.host, gpa, length, at);
  }
  private writeDevice(gpa: number, length: number, at: number): void {
    this.onHostCall();
    writeDevice(this.memory.view, this.host, gpa, length, at);
  }

  private fail(fault: CpuFault): 0 {
    this.mmu.fault = fault;
    return this.refuse('fault');
  }
  /** A store changes code, and nothing that is running now: no block of its page is, nor one that can be gone to without being looked up. */
  private isApart(offset: number, length: number, record: number): boolean {
    return record !== 0 && !this.cache.monitored.touches(offset, length) && this.cache.isApart(offset >>> 12, record);
  }
  private changeCode(offset: number, length: number): void {
    const { generation } = this.cache;
    this.cache.invalidate(offset, length);
    if (!this.isolated) this.onCodeApart(generation);
  }
  /** A store that wakes another vCPU is held back as one to a device is: no pCPU may be behind it. */
  private refuseStore(offset: number, length: number): 0 {
    return this.refuse(this.cache.monitored.touches(offset, length) ? 'isolate-mmio' : 'isolate-code');
  }
  /** What the debugger watches runs alone; what wakes another vCPU is held back for that, watched or not. */
  private refuseWatched(offset: number, length: number, write: boolean): 0 {
    return this.refuse(write && this.cache.monitored.touches(offset, length) ? 'isolate-mmio' : 'isolate-breakpoint');
  }
  private refuse(reason: Refusal): 0 {
    this.refusal = reason;
    return 0;
  }

  /** The helpers' memory: throws CpuFault. */
  readonly linear: LinearMemory = {
    read: (linear, size, privilege) => {
      const inPage = this.inPage(linear, size, privilege, Want.read);
      const at = inPage < 0 ? this.helperAccess(linear, size, privilege, 0) : inPage;
      const { view } = this.memory;
      if (size === 8) return view.getBigUint64(at, true);
      return BigInt(size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at));
    },
    write: (linear, size, value, privilege) => {
      const inPage = this.inPage(linear, size, privilege, Want.write);
      const at = inPage < 0 ? this.helperAccess(linear, size, privilege, ACCESS_WRITE) : inPage;
      const { view } = this.memory;
      if (inPage >= 0) {
        if (size === 8) view.setBigUint64(at, value, true);
        else if (size === 4) view.setUint32(at, Number(value & 0xffff_ffffn), true);
        else if (size === 2) view.setUint16(at, Number(value & 0xffffn), true);
        else view.setUint8(at, Number(value & 0xffn));
        return;
      }
      view.setBigUint64(BOUNCE + 64, BigInt.asUintN(64, value), true);
      this.memory.u8.copyWithin(at, BOUNCE + 64, BOUNCE + 64 + size);
      if (at === BOUNCE) this.commit();
    },
    probeWrite: (linear, length, privilege) => {
      // Frames and table images of other lengths are checked piece by piece.
      if ((length & (length - 1)) === 0) this.requireAligned(linear, length, privilege);
      for (let done = 0; done < length; ) {
        const at = linear + BigInt(done);
        this.translateFor(at, privilege, Want.write);
        done += 4096 - Number(at & 4095n);
      }
    },
    readBytes: (linear, into) => {
      for (let done = 0; done < into.length; ) {
        const at = linear + BigInt(done);
        const part = Math.min(into.length - done, 4096 - Number(at & 4095n));
        const offset = this.inPage(at, part, 'unaligned', Want.read);
        if (offset >= 0) into.set(this.memory.u8.subarray(offset, offset + part), done);
        else readPieces(this.linear, at, into.subarray(done, done + part));
        done += part;
      }
    },
    writeBytes: (linear, bytes) => {
      for (let done = 0; done < bytes.length; ) {
        const at = linear + BigInt(done);
        const part = Math.min(bytes.length - done, 4096 - Number(at & 4095n));
        const offset = this.inPage(at, part, 'unaligned', Want.write);
        if (offset >= 0) this.memory.u8.set(bytes.subarray(done, done + part), offset);
        else writePieces(this.linear, at, bytes.subarray(done, done + part));
        done += part;
      }
    },
  };

  /** Implicit supervisor accesses are not checked. */
  private requireAligned(linear: bigint, length: number, privilege: Privilege): void {
    if (privilege === 'system' || privilege === 'unaligned' || !this.checksAlignment) return;
    const lo = Number(BigInt.asIntN(32, linear));
    if (isMisaligned(lo, length) && this.isCanonical(Number(BigInt.asIntN(32, linear >> 32n)))) throw faults.ac();
  }
  /** Implicit supervisor accesses never reach user-mode addresses under SMAP, whatever EFLAGS.AC says (SDM vol 3 ch. 5.6.1). */
  private mmuFor(privilege: Privilege): number {
    if (privilege === 'user') return MmuIndex.user;
    if (privilege !== 'system') return this.currentMmu();
    const { i32 } = this.memory;
    const smap = i32[(STATE + S.cr4) >> 2]! & CR4_SMAP && i32[(STATE + S.mode) >> 2]! & ModeBit.paging;
    return smap ? MmuIndex.smap : MmuIndex.supervisor;
  }
  private translateFor(linear: bigint, privilege: Privilege, want: 0 | 1): number {
    const { memory } = this;
    // Through memory: splitting a BigInt any other way makes new ones.
    memory.view.setBigUint64(HALVES, linear, true);
    const hi = memory.i32[(STATE + S.mode) >> 2]! & ModeBit.longMode ? memory.i32[(HALVES >> 2) + 1]! : 0;
    const index = this.mmu.translate(this.tlb, this.mmuFor(privilege), memory.i32[HALVES >> 2]!, hi, want);
    if (index < 0) throw this.mmu.fault;
    return index;
  }
  /** Offset in memory of an access within one page of RAM; -1 where it is anything else. */
  private inPage(linear: bigint, size: number, privilege: Privilege, want: 0 | 1): number {
    const low = Number(linear & 4095n);
    if (low + size > 4096 || this.breakpoints.active || this.watchpoints.active) return -1;
    this.requireAligned(linear, size, privilege);
    const index = this.translateFor(linear, privilege, want);
    const frame = this.memory.frame(this.tlb.gfn(index));
    if (!(frame & FrameKind.ram)) return -1;
    const offset = ((frame & -4096) + low) >>> 0;
    if (want === Want.read) this.tlb.armRead(index);
    else {
      if (frame & FrameKind.readOnly) return -1;
      if (frame & FrameKind.dirtyLog) {
        this.memory.writes.touch(offset, size);
        // What interrupts push is quick again, where no store comes by that would see to it.
        this.tlb.arm(index);
      }
      if (this.cache.hasCode(offset)) this.cache.invalidate(offset, size);
    }
    return offset;
  }
  /** Guest-physical address of a byte of RAM that may be read; undefined: it is none. */
  ramAddress(linear: bigint): number | undefined {
    const gfn = this.tlb.gfn(this.translateFor(linear, 'current', Want.read));
    return this.memory.frame(gfn) & FrameKind.ram ? gfn * 4096 + Number(linear & 4095n) : undefined;
  }
  private helperAccess(linear: bigint, size: number, privilege: Privilege, info: number): number {
    const want = info & ACCESS_WRITE ? Want.write : Want.read;
    const pieces: Piece[] = [];
    this.requireAligned(linear, size, privilege);
    for (let done = 0; done < size; ) {
      const at = linear + BigInt(done);
      const index = this.translateFor(at, privilege, want);
      const low = Number(at & 4095n);
      const part = Math.min(size - done, 4096 - low);
      const frame = this.memory.frame(this.tlb.gfn(index));
      const offset = frame & FrameKind.ram ? ((frame & -4096) + low) >>> 0 : -1;
      if (offset >= 0 && want === Want.write && !(frame & FrameKind.readOnly)) {
        if (frame & FrameKind.dirtyLog) this.memory.writes.touch(offset, part);
        this.cache.invalidate(offset, part);
      }
      if (this.watchpoints.active)
        this.isWatched(Number(BigInt.asIntN(32, at)), Number(BigInt.asIntN(32, at >> 32n)), this.tlb.gfn(index), part, info, true);
      pieces.push({ offset, gpa: this.tlb.gfn(index) * 4096 + low, length: part, dropped: (frame & FrameKind.readOnly) !== 0 });
      done += part;
    }
    this.noteAccess(Number(BigInt.asIntN(32, linear)), Number(BigInt.asIntN(32, linear >> 32n)), size, info);
    const only = pieces[0]!;
    if (pieces.length === 1 && only.offset >= 0 && !only.dropped) return only.offset;
    return this.bounce(pieces, info);
  }

  dropFetchPage(): void {
    this.memory.i32.fill(-1, Slot.fetchPage >> 2, (Slot.fetchPage >> 2) + 2);
  }
}
