// IRETQ in 64-bit mode from CPL 0 to CPL 0, as the interpreter runs it itself where a kernel has it as nearly always: what run/quick-transfers.ts does, with
// nothing waiting and no mode changing, to a block that is known. Whatever is not so is refused before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE } from '../../x86/layout';
import { Access } from '../../x86/system/bits';
import { H, QUICK_ALLOWED, QuickAllowed, RECORD_SIZE, Slot, TLB_BYTES, Tlb } from '../record';
import { gprSlot } from '../slots';
import { emitFastEntryOffset } from '../tlb-index';
import { Header, MmuIndex, RUNNING_TLB, Want } from '../tlb-layout';
import { CODE, CODE_MASK, DATA, DATA_MASK, Flag, GRANULARITY, IOPL, RETURNED, VIRTUAL } from '../transfer-bits';

const FRAME_BYTES = 40;
const DESCRIPTOR_BYTES = 8;
const PAGE_MASK = 4095;
const CR4_LA57 = 1 << 12;
const CR4_SMAP_SHIFT = 21;
const DR7_ENABLED = 0xff;
const NULL_SELECTOR = 0xfffc;
/** From CPL 0. */
const MASK = RETURNED | Flag.IF | IOPL | VIRTUAL;
const MODES = ModeBit.code64 | ModeBit.flat | ModeBit.alignmentCheck | ModeBit.trap;

const segmentAt = (segment: number): number => STATE + S.segments + segment * SEGMENT_STRIDE;

interface IretFunctions {
  lookup: number;
  rearm: number;
  walk: number;
}

/** (fast TLB) → record to go on at; 0: nothing has happened but that the TLB may have what the helper reads by it. */
export function buildIret(module: ModuleBuilder, functions: IretFunctions): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new IretEmitter(code, 0, functions).emit();
  return index;
}

class IretEmitter {
  private readonly rsp: Local;
  private readonly rip: Local;
  private readonly linear: Local;
  private readonly code: Local;
  private readonly stack: Local;
  private readonly codeSelector: Local;
  private readonly stackSelector: Local;
  private readonly frame: Local;
  private readonly entry: Local;
  private readonly next: Local;
  private readonly left: Local;
  private readonly rflags: Local;

  constructor(
    private readonly f: Code,
    private readonly tlb: Local,
    private readonly functions: IretFunctions,
  ) {
    [this.rsp, this.rip, this.linear, this.code, this.stack] = [
      f.local('i64'),
      f.local('i64'),
      f.local('i64'),
      f.local('i64'),
      f.local('i64'),
    ];
    [this.codeSelector, this.stackSelector, this.frame, this.entry] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    [this.next, this.left, this.rflags] = [f.local('i32'), f.local('i32'), f.local('i32')];
  }

  /** The function's body: the result is the record to go on at, or 0. */
  emit(): void {
    const { f } = this;
    const helper = f.block();
    this.refuseUnusual(helper);
    this.readFrame(helper);
    this.checkSegments(helper);
    this.findNext(helper);
    this.change();
    f.get(this.next).op('return').end().i32(0);
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }

  private refuseUnusual(helper: Label): void {
    const { f } = this;
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.iret).op('i32.and', 'i32.eqz').brIf(helper);
    this.state(S.mode)
      .i32(MODES)
      .op('i32.and')
      .i32(ModeBit.code64 | ModeBit.flat)
      .op('i32.ne');
    for (const field of [S.cpl, S.nmiBlocked, S.nmiPending, S.intrPending, S.pendingDebug, S.pmuActive]) this.state(field).op('i32.or');
    this.state(S.rflags).i32(Flag.NT).op('i32.and', 'i32.or');
    // RF of the frame holds back breakpoints of the next instruction: it is over at once where there are none.
    this.state(S.dr + 7 * 8)
      .i32(DR7_ENABLED)
      .op('i32.and', 'i32.or')
      .brIf(helper);
    // The next instruction is fetched in this trip.
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.le_s').brIf(helper);
  }

  /** The offset in memory of aligned bytes within one page whose fast entry is at `entry`. */
  private place(linear: Local, bytes: number, helper: Label): Code {
    const { f, entry } = this;
    f.get(entry).mem('i64.load', Tlb.read).get(linear).i64(-4096).op('i64.and', 'i64.ne');
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

  private readFrame(helper: Label): void {
    const { f, rsp, rip, entry, frame } = this;
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).set(rsp);
    emitFastEntryOffset(f, () => f.get(rsp).op('i32.wrap_i64'));
    f.get(this.tlb).op('i32.add').set(entry);
    this.place(rsp, FRAME_BYTES, helper).tee(frame).mem('i64.load', 0).tee(rip);
    // Canonical: bits above the linear address's are its sign.
    f.i64(47).i64(56);
    this.state(S.cr4).i32(CR4_LA57).op('i32.and', 'i32.eqz', 'select', 'i64.shr_s').i64(1).op('i64.add').i64(1).op('i64.gt_u').brIf(helper);
    f.get(frame).mem('i32.load16_u', 8).set(this.codeSelector);
    f.get(frame).mem('i32.load16_u', 32).set(this.stackSelector);
  }

  private checkSegments(helper: Label): void {
    const { f, code, stack, codeSelector, stackSelector } = this;
    f.get(codeSelector).get(stackSelector).op('i32.or').i32(3).op('i32.and').brIf(helper);
    this.readDescriptor(codeSelector, code, helper);
    this.unless(code, CODE_MASK, CODE, helper);
    f.i64(0).set(stack);
    f.get(stackSelector).i32(NULL_SELECTOR).op('i32.and').if();
    this.readDescriptor(stackSelector, stack, helper);
    this.unless(stack, DATA_MASK, DATA, helper);
    f.end();
  }
  /** Of the GDT, read as the processor does by itself. */
  private readDescriptor(selector: Local, into: Local, helper: Label): void {
    const { f, linear, entry } = this;
    f.get(selector).i32(NULL_SELECTOR).op('i32.and', 'i32.eqz').get(selector).i32(4).op('i32.and', 'i32.or');
    f.get(selector).i32(7).op('i32.or');
    this.state(S.gdtrLimit).op('i32.gt_u', 'i32.or').brIf(helper);
    f.i32(0)
      .mem('i64.load', STATE + S.gdtrBase)
      .get(selector)
      .i32(0xfff8)
      .op('i32.and', 'i64.extend_i32_u', 'i64.add')
      .set(linear);
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
    // A change of address space has taken the tags away, or the entry.
    f.get(entry).mem('i64.load', Tlb.read).get(linear).i64(-4096).op('i64.and', 'i64.ne').if();
    this.reading(linear).call(this.functions.rearm).op('i32.eqz').if();
    this.reading(linear).call(this.functions.walk).op('drop').end().end();
    this.place(linear, DESCRIPTOR_BYTES, helper).mem('i64.load', 0).set(into);
  }
  /** Parameters of the page walker for a read of the processor's own. */
  private reading(linear: Local): Code {
    const { f } = this;
    f.i32(MmuIndex.smap).i32(MmuIndex.supervisor);
    this.state(S.cr4)
      .i32(1 << CR4_SMAP_SHIFT)
      .op('i32.and', 'select');
    return f.get(linear).op('i32.wrap_i64').get(linear).i64(32).op('i64.shr_u', 'i32.wrap_i64').i32(Want.read);
  }
  /** Access bytes of a descriptor of privilege level 0. */
  private unless(descriptor: Local, mask: number, wanted: number, helper: Label): void {
    const { f } = this;
    f.get(descriptor)
      .i64(40)
      .op('i64.shr_u', 'i32.wrap_i64')
      .i32(mask | (3 << Access.dplShift))
      .op('i32.and')
      .i32(wanted)
      .op('i32.ne')
      .brIf(helper);
  }

  private findNext(helper: Label): void {
    const { f, rip, next, left, frame, rflags } = this;
    this.state(S.rflags)
      .i32(~(MASK | Flag.RF))
      .op('i32.and')
      .get(frame)
      .mem('i32.load', 16)
      .i32(MASK & ~Flag.RF)
      .op('i32.and', 'i32.or')
      .tee(rflags);
    this.state(S.rflags)
      .op('i32.xor')
      .i32(Flag.TF | Flag.AC)
      .op('i32.and')
      .brIf(helper);
    f.get(rip).get(this.tlb).call(this.functions.lookup).tee(next).op('i32.eqz').brIf(helper);
    f.i32(0).mem('i32.load', Slot.remaining).get(next).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', H.count).op('i32.sub');
    f.tee(left).i32(0).op('i32.lt_s').brIf(helper);
  }

  private change(): void {
    const { f, rip, left, frame, rflags, code, stack, codeSelector, stackSelector } = this;
    f.i32(0).get(left).mem('i32.store', Slot.remaining);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    f.i32(0)
      .get(rflags)
      .mem('i32.store', STATE + S.rflags);
    f.i32(0)
      .i32(0)
      .mem('i32.store', STATE + S.ccOp);
    f.i32(0).get(frame).mem('i64.load', 24).mem('i64.store', gprSlot(Gpr.rsp));
    this.setSegment(Seg.cs, codeSelector, code);
    f.get(stack).op('i64.eqz').if();
    this.setField(Seg.ss, SegmentField.selector, () => f.get(stackSelector));
    this.setField(Seg.ss, SegmentField.access, () => f.i32(Access.unusable));
    this.setField(Seg.ss, SegmentField.limit, () => f.i32(0));
    f.i32(0)
      .i64(0)
      .mem('i64.store', segmentAt(Seg.ss) + SegmentField.base);
    f.else();
    this.setSegment(Seg.ss, stackSelector, stack);
    f.end();
  }
  private setField(segment: number, field: number, push: () => Code): void {
    this.f.i32(0);
    push().mem('i32.store', segmentAt(segment) + field);
  }
  private setSegment(segment: number, selector: Local, descriptor: Local): void {
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
