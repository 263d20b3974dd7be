// What IRETQ and deliveries through the IDT have in common where a kernel has them as nearly always: places that the fast TLB has, flat code of the GDT, frames
// within one page. Whatever is not so goes to a label, with nothing changed.
import type { Code, Label, Local } from '../../wasm/code';
import { ModeBit, S, SEGMENT_STRIDE, SegmentField, STATE } from '../../x86/layout';
import { Access } from '../../x86/system/bits';
import { COUNTS_LEVELS, FAST_TLB, H, RECORD_SIZE, Slot, TLB_BYTES, Tlb } from '../record';
import { emitFastEntryOffset } from '../tlb-index';
import { Header, MmuIndex, RUNNING_TLB, Want } from '../tlb-layout';
import { Flag, GRANULARITY } from '../transfer-bits';

const DESCRIPTOR_BYTES = 8;
const PAGE_MASK = 4095;
const CR4_LA57 = 1 << 12;
const CR4_SMAP_SHIFT = 21;
const DR7_ENABLED = 0xff;
export const NULL_SELECTOR = 0xfffc;
const MODES = ModeBit.code64 | ModeBit.flat | ModeBit.alignmentCheck | ModeBit.trap;

export const segmentAt = (segment: number): number => STATE + S.segments + segment * SEGMENT_STRIDE;

/** Of the interpreter's module. */
export interface TransferFunctions {
  lookup: number;
  rearm: number;
  walk: number;
}

export class TransferEmitter {
  protected readonly entry: Local;
  protected readonly linear: Local;
  /** Not 0: CPL 3 is entered or left. */
  protected readonly crosses: Local;
  /** What `findNext` has found: the record, and what is left of the budget in it; the fast TLB from there on. */
  protected readonly next: Local;
  protected readonly rest: Local;
  protected readonly nextTlb: Local;
  private readonly mode: Local;

  constructor(
    protected readonly f: Code,
    protected readonly tlb: Local,
    protected readonly functions: TransferFunctions,
  ) {
    this.entry = f.local('i32');
    this.linear = f.local('i64');
    [this.crosses, this.next, this.rest, this.nextTlb, this.mode] = [
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
      f.local('i32'),
    ];
  }

  protected state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }

  /** All of RFLAGS, none of which is lazy then. */
  protected setRflags(rflags: Local): void {
    const { f } = this;
    f.i32(0)
      .get(rflags)
      .mem('i32.store', STATE + S.rflags);
    f.i32(0)
      .i32(0)
      .mem('i32.store', STATE + S.ccOp);
  }

  /** Other modes than 64-bit code without alignment checks or single steps; other levels; what waits or counts, one of `fields` among it. */
  protected refuseModeAt(cpl: number, fields: readonly number[], helper: Label): void {
    this.state(S.cpl).i32(cpl).op('i32.ne').brIf(helper);
    this.refuseMode(fields, helper);
  }
  protected refuseMode(fields: readonly number[], helper: Label): void {
    this.state(S.mode)
      .i32(MODES)
      .op('i32.and')
      .i32(ModeBit.code64 | ModeBit.flat)
      .op('i32.ne');
    for (const field of [S.nmiPending, S.intrPending, S.pendingDebug, ...fields]) this.state(field).op('i32.or');
    this.f.i32(0).mem('i32.load', COUNTS_LEVELS).op('i32.or');
    this.state(S.rflags).i32(Flag.NT).op('i32.and', 'i32.or');
    // RF of a frame holds back breakpoints of the next instruction: it is over at once where there are none.
    this.state(S.dr + 7 * 8)
      .i32(DR7_ENABLED)
      .op('i32.and', 'i32.or')
      .brIf(helper);
  }

  /** Canonical: bits above the linear address's are its sign. */
  protected refuseNonCanonical(address: Local, helper: Label): void {
    const { f } = this;
    f.get(address).i64(47).i64(56);
    this.state(S.cr4).i32(CR4_LA57).op('i32.and', 'i32.eqz', 'select', 'i64.shr_s').i64(1).op('i64.add').i64(1).op('i64.gt_u').brIf(helper);
  }

  /** The block at `target` where it runs: S.mode is that of it then. Where there is none, or the budget, of which so much is pushed, does not cover it, S.mode is
   * put back. `rflags`: those that it runs with. */
  protected findNext(target: Local, rflags: Local, pushLeft: () => void, helper: Label): void {
    const { f, next, rest, nextTlb, crosses } = this;
    f.get(this.tlb).set(nextTlb);
    f.get(crosses).if();
    this.cross(rflags);
    f.end();
    const found = f.block();
    const refused = f.block();
    f.get(target).get(nextTlb).call(this.functions.lookup).tee(next).op('i32.eqz').brIf(refused);
    pushLeft();
    f.get(next).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', H.count).op('i32.sub').tee(rest);
    f.i32(0).op('i32.ge_s').brIf(found);
    f.end();
    f.get(crosses).if();
    f.i32(0)
      .get(this.mode)
      .mem('i32.store', STATE + S.mode);
    f.end();
    f.br(helper);
    f.end();
  }
  /** To CPL 3, or from there to CPL 0. */
  private cross(rflags: Local): void {
    const { f, mode, nextTlb } = this;
    this.state(S.mode).set(mode);
    f.i32(0)
      .get(mode)
      .i32(~(ModeBit.user | ModeBit.smap))
      .op('i32.and');
    f.i32(ModeBit.smap).i32(0);
    this.state(S.cr4)
      .i32(1 << CR4_SMAP_SHIFT)
      .op('i32.and')
      .i32(0)
      .op('i32.ne');
    f.get(rflags).i32(Flag.AC).op('i32.and', 'i32.eqz', 'i32.and', 'select').i32(ModeBit.user);
    f.get(mode)
      .i32(ModeBit.user)
      .op('i32.and', 'select', 'i32.or')
      .tee(nextTlb)
      .mem('i32.store', STATE + S.mode);
    f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast);
    f.i32(MmuIndex.user * TLB_BYTES);
    f.i32(MmuIndex.smap * TLB_BYTES)
      .i32(MmuIndex.supervisor * TLB_BYTES)
      .get(nextTlb)
      .i32(ModeBit.smap)
      .op('i32.and', 'select');
    f.get(nextTlb).i32(ModeBit.user).op('i32.and', 'select', 'i32.add').set(nextTlb);
    f.i32(0).i64(-1).mem('i64.store', Slot.fetchPage);
  }
  /** The function's result: everything has changed. */
  protected goOn(): void {
    const { f } = this;
    f.i32(0).get(this.nextTlb).mem('i32.store', FAST_TLB).get(this.next).op('return');
  }

  /** The offset in memory of aligned bytes within one page whose fast entry is at `entry`. */
  protected place(linear: Local, bytes: number, helper: Label, tag: number = Tlb.read): Code {
    const { f, entry } = this;
    f.get(entry).mem('i64.load', tag).get(linear).i64(-4096).op('i64.and', 'i64.ne');
    f.get(linear).op('i32.wrap_i64').i32(3).op('i32.and', 'i32.or');
    f.get(linear)
      .op('i32.wrap_i64')
      .i32(PAGE_MASK)
      .op('i32.and')
      .i32(4096 - bytes)
      .op('i32.gt_u', 'i32.or')
      .brIf(helper);
    return f.get(entry).mem('i32.load', Tlb.addend).get(linear).op('i32.wrap_i64', 'i32.add');
  }

  /** The fast entry of a linear address as running code accesses it. */
  protected findCurrent(linear: Local): void {
    const { f } = this;
    emitFastEntryOffset(f, () => f.get(linear).op('i32.wrap_i64'));
    f.get(this.tlb).op('i32.add').set(this.entry);
  }
  /** That of `linear` as the processor accesses it by itself. */
  protected findSystem(): void {
    const { f, linear, entry } = this;
    emitFastEntryOffset(f, () => f.get(linear).op('i32.wrap_i64'));
    f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast).op('i32.add');
    this.state(S.cr4)
      .i32(CR4_SMAP_SHIFT)
      .op('i32.shr_u')
      .i32(1)
      .op('i32.and')
      .i32(MmuIndex.smap * TLB_BYTES)
      .op('i32.mul', 'i32.add')
      .set(entry);
  }

  /** Of the GDT, read as the processor does by itself. */
  protected readDescriptor(selector: Local, into: Local, helper: Label): void {
    const { f, linear } = this;
    f.get(selector).i32(NULL_SELECTOR).op('i32.and', 'i32.eqz').get(selector).i32(4).op('i32.and', 'i32.or');
    f.get(selector).i32(7).op('i32.or');
    this.state(S.gdtrLimit).op('i32.gt_u', 'i32.or').brIf(helper);
    f.i32(0)
      .mem('i64.load', STATE + S.gdtrBase)
      .get(selector)
      .i32(0xfff8)
      .op('i32.and', 'i64.extend_i32_u', 'i64.add')
      .set(linear);
    this.fillSystem(Tlb.read);
    this.place(linear, DESCRIPTOR_BYTES, helper).mem('i64.load', 0).set(into);
  }
  /** The fast entry of `linear` as the processor accesses it by itself; a change of address space may have taken its tag away, or the entry. */
  protected fillSystem(tag: number): void {
    const { f, linear } = this;
    const want = tag === Tlb.write ? Want.write : Want.read;
    this.findSystem();
    f.get(this.entry).mem('i64.load', tag).get(linear).i64(-4096).op('i64.and', 'i64.ne').if();
    this.accessing(linear, want).call(this.functions.rearm).op('i32.eqz').if();
    this.accessing(linear, want).call(this.functions.walk).op('drop').end().end();
  }
  /** Parameters of the page walker for an access of the processor's own. */
  private accessing(linear: Local, want: number): Code {
    const { f } = this;
    f.i32(MmuIndex.smap).i32(MmuIndex.supervisor);
    this.state(S.cr4)
      .i32(1 << CR4_SMAP_SHIFT)
      .op('i32.and', 'select');
    return f.get(linear).op('i32.wrap_i64').get(linear).i64(32).op('i64.shr_u', 'i32.wrap_i64').i32(want);
  }
  /** Access bytes of a descriptor: what is wanted at privilege level 0, or at 3 where `level` is not 0. */
  protected unless(descriptor: Local, mask: number, wanted: number, helper: Label, level?: Local): void {
    const { f } = this;
    f.get(descriptor)
      .i64(40)
      .op('i64.shr_u', 'i32.wrap_i64')
      .i32(mask | (3 << Access.dplShift))
      .op('i32.and');
    if (level === undefined) f.i32(wanted);
    else
      f.i32(wanted | (3 << Access.dplShift))
        .i32(wanted)
        .get(level)
        .op('select');
    f.op('i32.ne').brIf(helper);
  }

  protected setField(segment: number, field: number, push: () => Code): void {
    this.f.i32(0);
    push().mem('i32.store', segmentAt(segment) + field);
  }
  protected setSegment(segment: number, selector: Local, descriptor: Local): void {
    const { f, entry } = this;
    const low = () => f.get(descriptor).op('i32.wrap_i64');
    const high = () => f.get(descriptor).i64(32).op('i64.shr_u', 'i32.wrap_i64');
    this.setField(segment, SegmentField.selector, () => f.get(selector));
    this.setField(segment, SegmentField.access, () => high().i32(8).op('i32.shr_u').i32(0xf0ff).op('i32.and'));
    low().i32(0xffff).op('i32.and');
    high().i32(0xf_0000).op('i32.and', 'i32.or').set(entry);
    this.setField(segment, SegmentField.limit, () => {
      f.get(entry).i32(12).op('i32.shl').i32(PAGE_MASK).op('i32.or').get(entry);
      return high().i32(GRANULARITY).op('i32.and', 'select');
    });
    f.i32(0);
    low().i32(16).op('i32.shr_u');
    high().i32(0xff).op('i32.and').i32(16).op('i32.shl', 'i32.or');
    high()
      .i32(0xff00_0000 | 0)
      .op('i32.and', 'i32.or', 'i64.extend_i32_u')
      .mem('i64.store', segmentAt(segment) + SegmentField.base);
  }
}
