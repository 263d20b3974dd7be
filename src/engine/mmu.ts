// Linear to physical for the running vCPU: TLB, then the page walk (SDM vol 3 ch. 5: 32-bit with PSE, PAE, 4-level), with A and D bits, permissions and
// page-fault error codes. Addresses are pairs of 32-bit halves: no BigInt on these paths.
import { CpuFault, PfError, Vector } from '../x86/fault';
import { FrameKind, ModeBit, S, STATE } from '../x86/layout';
import { MmuIndex, TlbInfo, type VcpuTlb } from './tlb';
import type { EngineMemory } from './vm-memory';

export const Want = { read: 0, write: 1, fetch: 2 } as const;
export type WantKind = (typeof Want)[keyof typeof Want];

const PTE = { P: 1, W: 2, U: 4, A: 0x20, D: 0x40, PS: 0x80, G: 0x100 } as const;
const Cr0Wp = 1 << 16;
const Cr4 = { PSE: 1 << 4, PAE: 1 << 5, PGE: 1 << 7, SMEP: 1 << 20, SMAP: 1 << 21 } as const;
const EFER_NXE = 1 << 11;
/** MAXPHYADDR 40: bits 51:40 of an entry are reserved; in its high half, bits 19:8. */
const RESERVED_HIGH = 0x000f_ff00;

const word = (offset: number): number => (STATE + offset) >> 2;

export class Mmu {
  /** The fault of the last translation that failed. */
  fault: CpuFault | undefined;
  misses = 0;
  /** Offsets of the entries of the walk under way. */
  private readonly path = [0, 0, 0, 0];

  constructor(
    private readonly memory: EngineMemory,
    /** Before the CPU itself writes a page table entry. */
    private readonly onTableWrite: (offset: number) => void,
  ) {}

  /** Index of the TLB entry that translates, filled if need be; -1 and `fault` otherwise. */
  translate(tlb: VcpuTlb, mmu: number, lo: number, hi: number, want: WantKind): number {
    const index = tlb.index(mmu, lo);
    if (tlb.matches(index, lo, hi)) {
      const info = tlb.info[index]!;
      if (want === Want.read) return index;
      if (want === Want.fetch) {
        if (info & TlbInfo.executable) return index;
      } else if ((info & (TlbInfo.writable | TlbInfo.dirty)) === (TlbInfo.writable | TlbInfo.dirty)) return index;
      // Not allowed, or the dirty bit is not set yet: processors walk again.
    }
    return this.walk(tlb, index, mmu, lo, hi, want);
  }

  private walk(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind): number {
    this.misses++;
    const { i32 } = this.memory;
    const mode = i32[word(S.mode)]!;
    if (!(mode & ModeBit.paging)) {
      tlb.fill(index, lo, hi, lo >>> 12, TlbInfo.writable | TlbInfo.dirty | TlbInfo.executable | TlbInfo.user);
      return index;
    }
    if (mode & ModeBit.longMode) {
      const sign = hi >> 15;
      if (sign !== 0 && sign !== -1) {
        this.fault = new CpuFault(Vector.GP, 0);
        return -1;
      }
      return this.walkWide(tlb, index, mmu, lo, hi, want, true);
    }
    if (i32[word(S.cr4)]! & Cr4.PAE) return this.walkWide(tlb, index, mmu, lo, hi, want, false);
    return this.walkNarrow(tlb, index, mmu, lo, hi, want);
  }

  /** Offset in memory of a table's entry, or -1 where the table is not RAM. */
  private entryAt(table: number, index: number, size: number): number {
    const frame = this.memory.frame(table);
    return frame & FrameKind.ram ? (frame & -4096) + index * size : -1;
  }

  private fail(lo: number, hi: number, mmu: number, want: WantKind, extra: number): -1 {
    const { i32 } = this.memory;
    let code = extra;
    if (want === Want.write) code |= PfError.write;
    if (mmu === MmuIndex.user) code |= PfError.user;
    const nx = (i32[word(S.efer)]! & EFER_NXE) !== 0 || (i32[word(S.cr4)]! & Cr4.SMEP) !== 0;
    if (want === Want.fetch && nx) code |= PfError.fetch;
    this.fault = new CpuFault(Vector.PF, code, (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
    return -1;
  }

  /** Permissions by the accumulated bits: true if allowed. */
  private allowed(mmu: number, want: WantKind, writable: boolean, user: boolean, noExecute: boolean): boolean {
    const { i32 } = this.memory;
    if (mmu === MmuIndex.user) {
      if (!user) return false;
      if (want === Want.write && !writable) return false;
    } else {
      if (want === Want.write && !writable && i32[word(S.cr0)]! & Cr0Wp) return false;
      if (want === Want.fetch && user && i32[word(S.cr4)]! & Cr4.SMEP) return false;
      if (want !== Want.fetch && user && mmu === MmuIndex.smap) return false;
    }
    return !(want === Want.fetch && noExecute);
  }

  /** `bits`: TlbInfo of the walk (writable, user, executable: as the tables say; dirty, global, large). */
  private finish(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind, page: number, bits: number): number {
    const { i32 } = this.memory;
    const cr4 = i32[word(S.cr4)]!;
    let info = bits;
    if (mmu !== MmuIndex.user) {
      if (!(i32[word(S.cr0)]! & Cr0Wp)) info |= TlbInfo.writable;
      if (bits & TlbInfo.user && cr4 & Cr4.SMEP) info &= ~TlbInfo.executable;
    }
    if (want === Want.write) info |= TlbInfo.dirty;
    if (!(cr4 & Cr4.PGE)) info &= ~TlbInfo.global;
    tlb.fill(index, lo, hi, page, info);
    return index;
  }

  private mark(at: number, bits: number): void {
    const { i32 } = this.memory;
    const value = i32[at >> 2]!;
    if ((value & bits) === bits) return;
    this.onTableWrite(at);
    i32[at >> 2] = value | bits;
  }

  /** 64-bit entries: 4-level (long mode) or PAE. */
  private walkWide(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind, fourLevel: boolean): number {
    const { i32 } = this.memory;
    const nxe = (i32[word(S.efer)]! & EFER_NXE) !== 0;
    let writable = true;
    let user = true;
    let noExecute = false;
    let table: number;
    let level: number;
    if (fourLevel) {
      table = frameNumber(i32[word(S.cr3)]!, i32[word(S.cr3) + 1]!);
      level = 4;
    } else {
      const slot = word(S.pdpte) + (lo >>> 30) * 2;
      if (!(i32[slot]! & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
      table = frameNumber(i32[slot]!, i32[slot + 1]!);
      level = 2;
    }
    const { path } = this;
    let depth = 0;
    for (;;) {
      const slot =
        level === 4
          ? (hi >>> 7) & 511
          : level === 3
            ? ((hi << 2) | (lo >>> 30)) & 511
            : level === 2
              ? (lo >>> 21) & 511
              : (lo >>> 12) & 511;
      const at = this.entryAt(table, slot, 8);
      const entryLo = at < 0 ? -1 : i32[at >> 2]!;
      const entryHi = at < 0 ? -1 : i32[(at >> 2) + 1]!;
      if (!(entryLo & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
      const leaf = level === 1 || (level < 4 && (entryLo & PTE.PS) !== 0);
      let reserved = entryHi & RESERVED_HIGH;
      if (!nxe) reserved |= entryHi & 0x8000_0000;
      if (!fourLevel) reserved |= entryHi & 0x7ff0_0000;
      if (level === 4) reserved |= entryLo & PTE.PS;
      // Between the PAT bit (12) and the page's address.
      if (leaf && level > 1) reserved |= entryLo & (level === 2 ? 0x001f_e000 : 0x3fff_e000);
      if (reserved) return this.fail(lo, hi, mmu, want, PfError.present | PfError.reserved);
      writable &&= (entryLo & PTE.W) !== 0;
      user &&= (entryLo & PTE.U) !== 0;
      noExecute ||= entryHi < 0;
      path[depth++] = at;
      if (!leaf) {
        table = frameNumber(entryLo, entryHi);
        level--;
        continue;
      }
      if (!this.allowed(mmu, want, writable, user, noExecute)) return this.fail(lo, hi, mmu, want, PfError.present);
      for (let i = 0; i < depth - 1; i++) this.mark(path[i]!, PTE.A);
      this.mark(at, want === Want.write ? PTE.A | PTE.D : PTE.A);
      let page = frameNumber(entryLo, entryHi);
      let bits = (writable ? TlbInfo.writable : 0) | (user ? TlbInfo.user : 0) | (noExecute ? 0 : TlbInfo.executable);
      if (entryLo & PTE.D) bits |= TlbInfo.dirty;
      if (entryLo & PTE.G) bits |= TlbInfo.global;
      if (level > 1) {
        const span = level === 2 ? 0x1ff : 0x3_ffff;
        page = page - (page & span) + ((lo >>> 12) & span);
        bits |= TlbInfo.large;
      }
      return this.finish(tlb, index, mmu, lo, hi, want, page, bits);
    }
  }

  /** 32-bit paging, 4 MiB pages with CR4.PSE (and PSE-36's bits 20:13 as address bits 39:32). */
  private walkNarrow(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind): number {
    const { i32 } = this.memory;
    const directory = this.entryAt(i32[word(S.cr3)]! >>> 12, lo >>> 22, 4);
    const pde = directory < 0 ? -1 : i32[directory >> 2]!;
    if (!(pde & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
    let writable = (pde & PTE.W) !== 0;
    let user = (pde & PTE.U) !== 0;
    if (pde & PTE.PS && i32[word(S.cr4)]! & Cr4.PSE) {
      if (pde & 0x0020_0000) return this.fail(lo, hi, mmu, want, PfError.present | PfError.reserved);
      if (!this.allowed(mmu, want, writable, user, false)) return this.fail(lo, hi, mmu, want, PfError.present);
      this.mark(directory, want === Want.write ? PTE.A | PTE.D : PTE.A);
      const page = ((pde >>> 22) << 10) + ((pde >>> 13) & 0xff) * 0x10_0000 + ((lo >>> 12) & 0x3ff);
      return this.finish(tlb, index, mmu, lo, hi, want, page, narrowBits(writable, user, pde) | TlbInfo.large);
    }
    const at = this.entryAt(pde >>> 12, (lo >>> 12) & 0x3ff, 4);
    const pte = at < 0 ? -1 : i32[at >> 2]!;
    if (!(pte & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
    writable &&= (pte & PTE.W) !== 0;
    user &&= (pte & PTE.U) !== 0;
    if (!this.allowed(mmu, want, writable, user, false)) return this.fail(lo, hi, mmu, want, PfError.present);
    this.mark(directory, PTE.A);
    this.mark(at, want === Want.write ? PTE.A | PTE.D : PTE.A);
    return this.finish(tlb, index, mmu, lo, hi, want, pte >>> 12, narrowBits(writable, user, pte));
  }
}

function narrowBits(writable: boolean, user: boolean, entry: number): number {
  let bits: number = TlbInfo.executable;
  if (writable) bits |= TlbInfo.writable;
  if (user) bits |= TlbInfo.user;
  if (entry & PTE.D) bits |= TlbInfo.dirty;
  if (entry & PTE.G) bits |= TlbInfo.global;
  return bits;
}

/** Frame number in bits 51:12 of an entry. */
function frameNumber(lo: number, hi: number): number {
  return (lo >>> 12) + (hi & 0x000f_ffff) * 0x10_0000;
}
