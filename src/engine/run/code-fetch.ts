// The pages that instructions come from: RIP to linear address, the page translated for fetching, and the page behind it for an instruction that crosses.
import { CpuFault, Vector } from '../../x86/fault';
import { FrameKind, ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE } from '../../x86/layout';
import type { CodeCache } from '../code-cache';
import type { Mmu } from '../mmu';
import { R, RECORD_SIZE, Slot, TLB_STRIDE, Tlb } from '../record';
import { tlbIndex } from '../tlb-index';
import { MmuIndex, Want } from '../tlb-layout';
import type { EngineMemory } from '../vm-memory';
import type { PendingFault } from './pending-fault';
import type { StopPlaces } from './stop-places';
import type { Vcpus } from './vcpus';

const RIP = (STATE + S.rip) >> 2;
const CS = STATE + S.segments + Seg.cs * SEGMENT_STRIDE;
const PAGE = Slot.fetchPage >> 2;

export class CodeFetch {
  constructor(
    private readonly memory: EngineMemory,
    private readonly vcpus: Vcpus,
    private readonly mmu: Mmu,
    private readonly cache: CodeCache,
    private readonly fault: PendingFault,
    private readonly stopPlaces: StopPlaces,
  ) {}

  /** Offset in memory of the instruction at RIP; -1 with a fault pending. */
  place(mode: number): number {
    const { u32, i32 } = this.memory;
    let lo = i32[RIP]!;
    let hi = i32[RIP + 1]!;
    if (!(mode & ModeBit.code64)) {
      if (!(mode & ModeBit.flat)) {
        if (lo >>> 0 > u32[(CS + SegmentField.limit) >> 2]!) {
          this.fault.set(new CpuFault(Vector.GP, 0));
          return -1;
        }
        lo = (lo + i32[(CS + SegmentField.base) >> 2]!) | 0;
      }
      hi = 0;
    }
    if (i32[PAGE] !== (lo & -4096) || i32[PAGE + 1] !== hi) {
      const offset = this.translate(lo, hi, true);
      if (offset < 0) return -1;
      i32[PAGE] = lo & -4096;
      i32[PAGE + 1] = hi;
      u32[Slot.fetchOffset >> 2] = offset;
    }
    return u32[Slot.fetchOffset >> 2]! + (lo & 4095);
  }

  /** The same in flat modes, where the page's fast entry says so; else -1 and nothing has happened. */
  quickPlace(mode: number): number {
    const { u32, i32 } = this.memory;
    const lo = i32[RIP]!;
    const hi = mode & ModeBit.code64 ? i32[RIP + 1]! : 0;
    const page = lo & -4096;
    if (i32[PAGE] !== page || i32[PAGE + 1] !== hi) {
      const { tlb } = this.vcpus.running;
      const entry = (tlb.baseOf(mode & ModeBit.user ? MmuIndex.user : MmuIndex.supervisor) + tlbIndex(lo) * TLB_STRIDE) >> 2;
      if (i32[entry + (Tlb.exec >> 2)] !== page || i32[entry + (Tlb.exec >> 2) + 1] !== hi) return -1;
      i32[PAGE] = page;
      i32[PAGE + 1] = hi;
      i32[Slot.fetchOffset >> 2] = i32[entry + (Tlb.addend >> 2)]! + page;
    }
    return u32[Slot.fetchOffset >> 2]! + (lo & 4095);
  }

  /** Where the record's instruction, which is at RIP, and the rest of its block end: inside the limit of CS, the block beyond it, or the instruction itself,
   * which is #GP(0) and pending. */
  reach(record: number): 'inside' | 'block' | 'beyond' {
    const { u16, u32 } = this.memory;
    const limit = u32[(CS + SegmentField.limit) >> 2]!;
    const block = this.cache.blockOf(record);
    const start = u32[RIP]! - this.cache.ipOffset(record);
    if (start + u16[(block.end - RECORD_SIZE + R.ipNext) >> 1]! - 1 <= limit) return 'inside';
    if (start + u16[(record + R.ipNext) >> 1]! - 1 <= limit) return 'block';
    this.fault.set(new CpuFault(Vector.GP, 0));
    return 'beyond';
  }

  /** Offset in memory of the page to fetch from; -1 with a fault pending. `begins`: instructions begin there, and stop points of the page count. */
  private translate(lo: number, hi: number, begins: boolean): number {
    const { memory } = this;
    const { tlb } = this.vcpus.running;
    const mmu = memory.i32[(STATE + S.mode) >> 2]! & ModeBit.user ? 1 : 0;
    const index = this.mmu.translate(tlb, mmu, lo, hi, Want.fetch);
    if (index < 0) {
      this.fault.set(this.mmu.fault);
      return -1;
    }
    const frame = memory.frame(tlb.gfn(index));
    if (begins && frame & FrameKind.ram) this.stopPlaces.fetched(lo & -4096, hi, (frame & -4096) >>> 0);
    // A live entry of a PCID that was away has no tags.
    tlb.arm(index);
    if (!(frame & FrameKind.ram)) {
      // Where no memory is, all ones are read, which are no instruction.
      this.fault.set(new CpuFault(Vector.UD));
      return -1;
    }
    return (frame & -4096) >>> 0;
  }

  /** Offset in memory of the page behind the one that is fetched from; -1 with a fault pending. */
  secondPage(): number {
    const { i32 } = this.memory;
    const lo = (i32[PAGE]! + 4096) | 0;
    const wide = (i32[(STATE + S.mode) >> 2]! & ModeBit.longMode) !== 0;
    return this.translate(lo, lo === 0 && wide ? (i32[PAGE + 1]! + 1) | 0 : i32[PAGE + 1]!, false);
  }
  /** Whether a block that crosses pages still has its second one behind it; 0 leaves the interpreter. */
  straddle(record: number): number {
    const block = this.cache.blockOf(record);
    const second = this.secondPage();
    if (second < 0) return 0;
    // A branch in the first page may be linked with a block that has died by a store to the second one.
    if (!block.valid) return 0;
    if (second === block.secondPage) return 1;
    // Another page is mapped behind now: decode again.
    this.cache.invalidate(block.physical, 1);
    return 0;
  }
}
