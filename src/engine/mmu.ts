// Linear to physical for the running vCPU: TLB, then the page walk (SDM vol 3 ch. 5: 32-bit with PSE, PAE, 4- and 5-level), with A and D bits,
// permissions, protection keys and page-fault error codes. Addresses are pairs of 32-bit halves: no BigInt on these paths.
import { CpuFault, PfError, Vector } from '../x86/fault';
import { FrameKind, ModeBit, S, STATE } from '../x86/layout';
import { PHYSICAL_ADDRESS_BITS } from '../x86/system/bits';
import { keyDenies, type VcpuTlb } from './tlb';
import { MmuIndex, TlbInfo, TlbKey, WALKS, Want, type WantKind } from './tlb-layout';
import type { EngineMemory } from './vm-memory';

const PTE = { P: 1, W: 2, U: 4, A: 0x20, D: 0x40, PS: 0x80, G: 0x100 } as const;
const Cr0Wp = 1 << 16;
const Cr4 = { PSE: 1 << 4, PAE: 1 << 5, PGE: 1 << 7, LA57: 1 << 12, SMEP: 1 << 20, SMAP: 1 << 21, PKE: 1 << 22 } as const;
const EFER_NXE = 1 << 11;
/** Bits of the PDE of a 4 MiB page: with PSE-36 20:13 are address bits 39:32 (SDM vol 3 ch. 5.3). */
const LARGE_RESERVED = 0x0020_0000;
const PSE36_ADDRESS = 0x001f_e000;
/** Bits 51:MAXPHYADDR of an entry are reserved: here in its high half. */
const RESERVED_HIGH = 0x000f_ffff & ~((1 << (PHYSICAL_ADDRESS_BITS - 32)) - 1);

const word = (offset: number): number => (STATE + offset) >> 2;

export class Mmu {
  /** The fault of the last translation that failed. */
  fault: CpuFault | undefined;
  /** The page walker of the running vCPU in WebAssembly: tried first, it does the same or nothing. */
  fast: ((mmu: number, lo: number, hi: number, want: WantKind) => number) | undefined;
  private walks = 0;
  private readonly largeReserved: number;
  /** Offsets of the entries of the walk under way. */
  private readonly path = [0, 0, 0, 0, 0];

  constructor(
    private readonly memory: EngineMemory,
    /** Before the CPU itself writes a page table entry. */
    private readonly onTableWrite: (offset: number) => void,
    hasPse36: boolean,
  ) {
    this.largeReserved = hasPse36 ? LARGE_RESERVED : LARGE_RESERVED | PSE36_ADDRESS;
  }

  /** Index of the TLB entry that translates, filled if need be; -1 and `fault` otherwise. */
  translate(tlb: VcpuTlb, mmu: number, lo: number, hi: number, want: WantKind): number {
    const index = tlb.index(mmu, lo);
    if (tlb.matches(index, lo, hi)) {
      const info = tlb.info(index);
      if (want === Want.fetch) {
        if (info & TlbInfo.executable) return index;
      } else if (tlb.keyDenies(index, want === Want.write)) {
        // Refused: the walk says why.
      } else if (want === Want.read || (info & (TlbInfo.writable | TlbInfo.dirty)) === (TlbInfo.writable | TlbInfo.dirty)) {
        tlb.noteUse(index);
        return index;
      }
      // Not allowed, or the dirty bit is not set yet: processors walk again.
    }
    if (this.fast !== undefined && this.fast(mmu, lo, hi, want) !== 0) return index;
    return this.walk(tlb, index, mmu, lo, hi, want);
  }
  get misses(): number {
    return this.walks + this.memory.u32[WALKS >> 2]!;
  }

  private walk(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind): number {
    const { i32 } = this.memory;
    const mode = i32[word(S.mode)]!;
    if (!(mode & ModeBit.paging)) {
      this.walks++;
      tlb.fill(index, lo, hi, lo >>> 12, TlbInfo.writable | TlbInfo.dirty | TlbInfo.executable | TlbInfo.user);
      return index;
    }
    if (mode & ModeBit.longMode) {
      const fiveLevel = (i32[word(S.cr4)]! & Cr4.LA57) !== 0;
      const sign = hi >> (fiveLevel ? 24 : 15);
      if (sign !== 0 && sign !== -1) {
        this.fault = new CpuFault(Vector.GP, 0);
        return -1;
      }
      return this.walkWide(tlb, index, mmu, lo, hi, want, fiveLevel ? 5 : 4);
    }
    if (i32[word(S.cr4)]! & Cr4.PAE) return this.walkWide(tlb, index, mmu, lo, hi, want, 2);
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
    const cr4 = i32[word(S.cr4)]!;
    const nx = (cr4 & Cr4.PAE && i32[word(S.efer)]! & EFER_NXE) || cr4 & Cr4.SMEP;
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

  /** TlbKey of a page whose last entry has this high half (SDM vol 3 ch. 5.6.2: user-mode addresses only). */
  private keyOf(mmu: number, user: boolean, entryHi: number): number {
    const { i32 } = this.memory;
    if (!user || !(i32[word(S.cr4)]! & Cr4.PKE)) return 0;
    const guarded = mmu === MmuIndex.user || (i32[word(S.cr0)]! & Cr0Wp) !== 0;
    return ((entryHi >>> 27) & TlbKey.number) | TlbKey.applies | (guarded ? TlbKey.guardsWrites : 0);
  }

  /** `bits`: TlbInfo of the walk (writable, user, executable: as the tables say; dirty, global, large). */
  private finish(
    tlb: VcpuTlb,
    index: number,
    mmu: number,
    lo: number,
    hi: number,
    want: WantKind,
    page: number,
    bits: number,
    key: number,
  ): number {
    this.walks++;
    const { i32 } = this.memory;
    const cr4 = i32[word(S.cr4)]!;
    let info = bits;
    if (mmu !== MmuIndex.user) {
      if (!(i32[word(S.cr0)]! & Cr0Wp)) info |= TlbInfo.writable;
      if (bits & TlbInfo.user && cr4 & Cr4.SMEP) info &= ~TlbInfo.executable;
    }
    if (want === Want.write) info |= TlbInfo.dirty;
    if (!(cr4 & Cr4.PGE)) info &= ~TlbInfo.global;
    tlb.fill(index, lo, hi, page, info, key);
    return index;
  }

  private mark(at: number, bits: number): void {
    const { i32 } = this.memory;
    const value = i32[at >> 2]!;
    if ((value & bits) === bits) return;
    this.onTableWrite(at);
    i32[at >> 2] = value | bits;
  }

  /** 64-bit entries: 5- or 4-level (long mode), or the 2 of PAE below its registers. */
  private walkWide(tlb: VcpuTlb, index: number, mmu: number, lo: number, hi: number, want: WantKind, levels: 2 | 4 | 5): number {
    const { i32 } = this.memory;
    const long = levels !== 2;
    const nxe = (i32[word(S.efer)]! & EFER_NXE) !== 0;
    let writable = true;
    let user = true;
    let noExecute = false;
    let table: number;
    let level: number = levels;
    if (long) table = frameNumber(i32[word(S.cr3)]!, i32[word(S.cr3) + 1]!);
    else {
      const slot = word(S.pdpte) + (lo >>> 30) * 2;
      if (!(i32[slot]! & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
      table = frameNumber(i32[slot]!, i32[slot + 1]!);
    }
    const { path } = this;
    let depth = 0;
    for (;;) {
      const at = this.entryAt(table, slotOf(level, lo, hi), 8);
      const entryLo = at < 0 ? -1 : i32[at >> 2]!;
      const entryHi = at < 0 ? -1 : i32[(at >> 2) + 1]!;
      if (!(entryLo & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
      const leaf = level === 1 || (level < 4 && (entryLo & PTE.PS) !== 0);
      let reserved = entryHi & RESERVED_HIGH;
      if (!nxe) reserved |= entryHi & 0x8000_0000;
      if (!long) reserved |= entryHi & 0x7ff0_0000;
      if (level >= 4) reserved |= entryLo & PTE.PS;
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
      const key = long ? this.keyOf(mmu, user, entryHi) : 0;
      const keyFault = key !== 0 && want !== Want.fetch && keyDenies(i32[word(S.pkru)]!, key, want === Want.write);
      if (keyFault || !this.allowed(mmu, want, writable, user, noExecute))
        return this.fail(lo, hi, mmu, want, PfError.present | (keyFault ? PfError.protectionKey : 0));
      for (let i = 0; i < depth - 1; i++) this.mark(path[i]!, PTE.A);
      this.mark(at, want === Want.write ? PTE.A | PTE.D : PTE.A);
      let page = frameNumber(entryLo, entryHi);
      let bits = (writable ? TlbInfo.writable : 0) | (user ? TlbInfo.user : 0) | (noExecute ? 0 : TlbInfo.executable);
      if (entryLo & PTE.D) bits |= TlbInfo.dirty;
      if (entryLo & PTE.G) bits |= TlbInfo.global;
      if (level > 1) {
        const span = level === 2 ? 0x1ff : 0x3_ffff;
        page = page - (page & span) + ((lo >>> 12) & span);
        bits |= level === 2 ? TlbInfo.large : TlbInfo.large | TlbInfo.huge;
      }
      return this.finish(tlb, index, mmu, lo, hi, want, page, bits, key);
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
      if (pde & this.largeReserved) return this.fail(lo, hi, mmu, want, PfError.present | PfError.reserved);
      if (!this.allowed(mmu, want, writable, user, false)) return this.fail(lo, hi, mmu, want, PfError.present);
      this.mark(directory, want === Want.write ? PTE.A | PTE.D : PTE.A);
      const page = ((pde >>> 22) << 10) + ((pde >>> 13) & 0xff) * 0x10_0000 + ((lo >>> 12) & 0x3ff);
      return this.finish(tlb, index, mmu, lo, hi, want, page, narrowBits(writable, user, pde) | TlbInfo.large | TlbInfo.huge, 0);
    }
    const at = this.entryAt(pde >>> 12, (lo >>> 12) & 0x3ff, 4);
    const pte = at < 0 ? -1 : i32[at >> 2]!;
    if (!(pte & PTE.P)) return this.fail(lo, hi, mmu, want, 0);
    writable &&= (pte & PTE.W) !== 0;
    user &&= (pte & PTE.U) !== 0;
    if (!this.allowed(mmu, want, writable, user, false)) return this.fail(lo, hi, mmu, want, PfError.present);
    this.mark(directory, PTE.A);
    this.mark(at, want === Want.write ? PTE.A | PTE.D : PTE.A);
    return this.finish(tlb, index, mmu, lo, hi, want, pte >>> 12, narrowBits(writable, user, pte), 0);
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

/** Index of the entry that a level's table has for an address. */
function slotOf(level: number, lo: number, hi: number): number {
  switch (level) {
    case 5:
      return (hi >>> 16) & 511;
    case 4:
      return (hi >>> 7) & 511;
    case 3:
      return ((hi << 2) | (lo >>> 30)) & 511;
    case 2:
      return (lo >>> 21) & 511;
    default:
      return (lo >>> 12) & 511;
  }
}

/** Frame number in bits 51:12 of an entry. */
function frameNumber(lo: number, hi: number): number {
  return (lo >>> 12) + (hi & 0x000f_ffff) * 0x10_0000;
}
