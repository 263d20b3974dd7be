// Delivery through the IDT and IRETQ in 64-bit mode as kernels have them nearly always: flat code of the GDT, accessed descriptors, frames within one page, and
// every place they touch in the fast TLB. Numbers only, nothing allocated; whatever is not so is refused before any change and done by x86/system.
import { Quick, type QuickResult, type QuickTransfers } from '../../x86/cpu';
import { Vector } from '../../x86/fault';
import { Gpr, ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE } from '../../x86/layout';
import { Access } from '../../x86/system/bits';
import { type Delivery, isSoftware } from '../../x86/system/delivery';
import type { AccessPath } from '../access';
import { TLB_STRIDE, Tlb } from '../record';
import { tlbIndex } from '../tlb-index';
import { MmuIndex } from '../tlb-layout';
import { CODE, CODE_MASK, DATA, DATA_MASK, Flag, GRANULARITY, IOPL, RETURNED, VIRTUAL } from '../transfer-bits';
import type { EngineMemory } from '../vm-memory';

const word = (offset: number): number => (STATE + offset) >> 2;
const segmentWord = (segment: number): number => word(S.segments + segment * SEGMENT_STRIDE);
const SELECTOR = SegmentField.selector >> 2;
const ACCESS = SegmentField.access >> 2;
const LIMIT = SegmentField.limit >> 2;
const BASE = SegmentField.base >> 2;
const [CS, SS, TR] = [segmentWord(Seg.cs), segmentWord(Seg.ss), segmentWord(Seg.tr)];
const DATA_SEGMENTS = [Seg.es, Seg.fs, Seg.gs, Seg.ds].map(segmentWord);
const [RIP, RSP, RFLAGS, CPL, MODE, CR4] = [S.rip, S.gpr + Gpr.rsp * 8, S.rflags, S.cpl, S.mode, S.cr4].map(word) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const CR4_LA57 = 1 << 12;
const CR4_SMAP = 1 << 21;
/** Cleared by a delivery, and of meaning for the mode. */
const MODE_FLAGS = Flag.TF | Flag.VM;
const INTERRUPT_GATE = 14;
const TRAP_GATE = 15;

export class LongTransfers implements QuickTransfers {
  /** Words of the descriptor read last. */
  private low = 0;
  private high = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly access: AccessPath,
  ) {}

  /** Index in words of `bytes` aligned bytes within a page whose fast tag is there; -1 otherwise. */
  private place(mmu: number, lo: number, hi: number, bytes: number, tag: number): number {
    const { i32 } = this.memory;
    if ((lo & 3) !== 0 || (lo & 4095) + bytes > 4096) return -1;
    const entry = (this.access.tlb.baseOf(mmu) + tlbIndex(lo) * TLB_STRIDE) >> 2;
    if (i32[entry + (tag >> 2)] !== (lo & -4096) || i32[entry + (tag >> 2) + 1] !== hi) return -1;
    return (i32[entry + (Tlb.addend >> 2)]! + lo) >>> 2;
  }
  /** The same, read as the processor does by itself, at an offset from a 64-bit base. */
  private systemPlace(base: number, offset: number, bytes: number): number {
    const { u32, i32 } = this.memory;
    const sum = u32[base]! + offset;
    const mmu = i32[CR4]! & CR4_SMAP ? MmuIndex.smap : MmuIndex.supervisor;
    return this.place(mmu, sum | 0, i32[base + 1]! + (sum > 0xffff_ffff ? 1 : 0), bytes, Tlb.read);
  }
  private isCanonical(hi: number): boolean {
    const sign = hi >> (this.memory.i32[CR4]! & CR4_LA57 ? 24 : 15);
    return sign === 0 || sign === -1;
  }
  /** A descriptor of the GDT into `low` and `high`. */
  private readDescriptor(selector: number): boolean {
    const { i32, u32 } = this.memory;
    if ((selector & 0xfffc) === 0 || selector & 4 || (selector | 7) > u32[word(S.gdtrLimit)]!) return false;
    const at = this.systemPlace(word(S.gdtrBase), selector & 0xfff8, 8);
    if (at < 0) return false;
    this.low = i32[at]!;
    this.high = i32[at + 1]!;
    return true;
  }
  private setSegment(segment: number, selector: number): void {
    const { i32, u32 } = this.memory;
    const { low, high } = this;
    const limit = (low & 0xffff) | (high & 0xf_0000);
    u32[segment + SELECTOR] = selector;
    u32[segment + ACCESS] = (high >>> 8) & 0xf0ff;
    u32[segment + LIMIT] = high & GRANULARITY ? limit * 4096 + 4095 : limit;
    i32[segment + BASE] = (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000);
    i32[segment + BASE + 1] = 0;
  }
  private setUnusable(segment: number, selector: number, dpl: number): void {
    const { i32 } = this.memory;
    i32[segment + SELECTOR] = selector;
    i32[segment + ACCESS] = Access.unusable | (dpl << Access.dplShift);
    i32[segment + LIMIT] = 0;
    i32[segment + BASE] = 0;
    i32[segment + BASE + 1] = 0;
  }

  deliver(d: Delivery): QuickResult {
    const { i32, u32 } = this.memory;
    const cpl = i32[CPL]!;
    const { vector } = d;
    if (!(i32[MODE]! & ModeBit.code64) || vector * 16 + 15 > u32[word(S.idtrLimit)]!) return Quick.refused;
    const gate = this.systemPlace(word(S.idtrBase), vector * 16, 16);
    if (gate < 0) return Quick.refused;
    const gateLow = i32[gate]!;
    const gateHigh = i32[gate + 1]!;
    const offsetHigh = i32[gate + 2]!;
    const type = (gateHigh >>> 8) & 0x1f;
    if ((type !== INTERRUPT_GATE && type !== TRAP_GATE) || !(gateHigh & 0x8000) || !this.isCanonical(offsetHigh)) return Quick.refused;
    if (isSoftware(d) && ((gateHigh >>> 13) & 3) < cpl) return Quick.refused;
    const selector = gateLow >>> 16;
    if (!this.readDescriptor(selector) || ((this.high >>> 8) & CODE_MASK) !== CODE) return Quick.refused;
    const target = (this.high >>> 13) & 3;
    if (target > cpl) return Quick.refused;
    const inner = target < cpl;
    const ist = gateHigh & 7;
    let [topLow, topHigh] = [i32[RSP]!, i32[RSP + 1]!];
    if (inner || ist !== 0) {
      const offset = ist === 0 ? 4 + target * 8 : 28 + ist * 8;
      if (u32[TR + ACCESS]! & Access.unusable || offset + 7 > u32[TR + LIMIT]!) return Quick.refused;
      const at = this.systemPlace(TR + BASE, offset, 8);
      if (at < 0) return Quick.refused;
      topLow = i32[at]!;
      topHigh = i32[at + 1]!;
    }
    topLow &= ~15;
    const bytes = d.errorCode === undefined ? 40 : 48;
    // Within one page, which begins in the same 4 GiB.
    if (topLow === 0) return Quick.refused;
    const system = i32[CR4]! & CR4_SMAP ? MmuIndex.smap : MmuIndex.supervisor;
    const frame = this.place(inner ? system : this.access.currentMmu(), (topLow - bytes) | 0, topHigh, bytes, Tlb.write);
    if (frame < 0) return Quick.refused;
    this.push(frame, d);
    const interrupt = type === INTERRUPT_GATE ? Flag.IF : 0;
    const rflags = i32[RFLAGS]!;
    i32[RFLAGS] = rflags & ~(Flag.TF | Flag.NT | Flag.RF | Flag.VM | interrupt);
    if (inner) this.setUnusable(SS, target, target);
    i32[RSP] = topLow - bytes;
    i32[RSP + 1] = topHigh;
    this.setSegment(CS, (selector & 0xfffc) | target);
    i32[CPL] = target;
    i32[RIP] = (gateLow & 0xffff) | (gateHigh & 0xffff_0000);
    i32[RIP + 1] = offsetHigh;
    return cpl === target && !(rflags & MODE_FLAGS) ? Quick.sameMode : Quick.done;
  }

  private push(frame: number, d: Delivery): void {
    const { i32 } = this.memory;
    let at = frame;
    if (d.errorCode !== undefined) {
      i32[at] = d.errorCode;
      i32[at + 1] = 0;
      at += 2;
    }
    const fault = d.kind === 'exception' && d.vector !== Vector.DB && d.vector !== Vector.MC;
    i32[at] = i32[RIP]!;
    i32[at + 1] = i32[RIP + 1]!;
    i32[at + 2] = i32[CS + SELECTOR]!;
    i32[at + 3] = 0;
    i32[at + 4] = i32[RFLAGS]! | (fault ? Flag.RF : 0);
    i32[at + 5] = i32[RFLAGS + 1]!;
    i32[at + 6] = i32[RSP]!;
    i32[at + 7] = i32[RSP + 1]!;
    i32[at + 8] = i32[SS + SELECTOR]!;
    i32[at + 9] = 0;
  }

  iret(operandSize: number): QuickResult {
    const { i32 } = this.memory;
    const mode = i32[MODE]!;
    if (operandSize !== 8 || !(mode & ModeBit.code64) || mode & ModeBit.alignmentCheck || i32[RFLAGS]! & Flag.NT) return Quick.refused;
    const frame = this.place(this.access.currentMmu(), i32[RSP]!, i32[RSP + 1]!, 40, Tlb.read);
    if (frame < 0) return Quick.refused;
    const oldCpl = i32[CPL]!;
    const selector = i32[frame + 2]! & 0xffff;
    const stackSelector = i32[frame + 8]! & 0xffff;
    const cpl = selector & 3;
    const ripHigh = i32[frame + 1]!;
    if (cpl < oldCpl || !this.isCanonical(ripHigh)) return Quick.refused;
    const noStack = (stackSelector & 0xfffc) === 0;
    if (noStack) {
      if (cpl === 3 || (stackSelector & 3) !== cpl) return Quick.refused;
    } else if (!this.isStack(stackSelector, cpl)) return Quick.refused;
    const [stackLow, stackHigh] = [this.low, this.high];
    if (!this.readDescriptor(selector) || ((this.high >>> 8) & CODE_MASK) !== CODE || ((this.high >>> 13) & 3) !== cpl)
      return Quick.refused;
    const rflags = i32[RFLAGS]!;
    let mask = RETURNED;
    if (oldCpl <= ((rflags >>> 12) & 3)) mask |= Flag.IF;
    if (oldCpl === 0) mask |= IOPL | VIRTUAL;
    this.setSegment(CS, selector);
    i32[CPL] = cpl;
    i32[RIP] = i32[frame]!;
    i32[RIP + 1] = ripHigh;
    if (noStack) this.setUnusable(SS, stackSelector, cpl);
    else {
      this.low = stackLow;
      this.high = stackHigh;
      this.setSegment(SS, stackSelector);
    }
    const image = i32[frame + 4]!;
    i32[RSP] = i32[frame + 6]!;
    i32[RSP + 1] = i32[frame + 7]!;
    if (cpl !== oldCpl) this.dropInner(cpl);
    const next = (rflags & ~(mask | Flag.RF)) | (image & mask);
    i32[RFLAGS] = next;
    i32[word(S.nmiBlocked)] = 0;
    return cpl === oldCpl && !((rflags ^ next) & (Flag.TF | Flag.AC)) ? Quick.sameMode : Quick.done;
  }

  private isStack(selector: number, cpl: number): boolean {
    if ((selector & 3) !== cpl || !this.readDescriptor(selector)) return false;
    return ((this.high >>> 8) & DATA_MASK) === DATA && ((this.high >>> 13) & 3) === cpl;
  }

  /** Data segments of the inner level become null; their bases stay (see dropInnerSegments). */
  private dropInner(cpl: number): void {
    const { i32 } = this.memory;
    for (let i = 0; i < DATA_SEGMENTS.length; i++) {
      const segment = DATA_SEGMENTS[i]!;
      const access = i32[segment + ACCESS]!;
      const conforming = (access & (Access.code | Access.conforming)) === (Access.code | Access.conforming);
      if (access & Access.unusable || conforming || ((access >>> Access.dplShift) & 3) >= cpl) continue;
      i32[segment + SELECTOR] = 0;
      i32[segment + ACCESS] = Access.unusable;
      i32[segment + LIMIT] = 0;
    }
  }
}
