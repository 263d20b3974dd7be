// IRETQ in 64-bit mode from CPL 0 to CPL 0 or 3, as the interpreter runs it itself where a kernel has it as nearly always: what run/quick-transfers.ts does, with
// nothing waiting, to a block that is known. Whatever is not so is refused before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, S, Seg, SegmentField, STATE } from '../../x86/layout';
import { Access } from '../../x86/system/bits';
import { QUICK_ALLOWED, QuickAllowed, Slot } from '../record';
import { gprSlot } from '../slots';
import { CODE, CODE_MASK, DATA, DATA_MASK, Flag, IOPL, RETURNED, VIRTUAL } from '../transfer-bits';
import { NULL_SELECTOR, segmentAt, TransferEmitter, type TransferFunctions } from './transfer-emitter';

const FRAME_BYTES = 40;
/** From CPL 0. */
const MASK = RETURNED | Flag.IF | IOPL | VIRTUAL;

/** (fast TLB) → record to go on at, with FAST_TLB; 0: nothing has happened but that the TLB may have what the helper reads by it. */
export function buildIret(module: ModuleBuilder, functions: TransferFunctions): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new IretEmitter(code, 0, functions).emit();
  return index;
}

class IretEmitter extends TransferEmitter {
  private readonly rsp: Local;
  private readonly rip: Local;
  private readonly code: Local;
  private readonly stack: Local;
  private readonly codeSelector: Local;
  private readonly stackSelector: Local;
  private readonly frame: Local;
  private readonly rflags: Local;

  constructor(f: Code, tlb: Local, functions: TransferFunctions) {
    super(f, tlb, functions);
    [this.rsp, this.rip, this.code, this.stack] = [f.local('i64'), f.local('i64'), f.local('i64'), f.local('i64')];
    [this.codeSelector, this.stackSelector, this.frame] = [f.local('i32'), f.local('i32'), f.local('i32')];
    this.rflags = f.local('i32');
  }

  /** The function's body: the result is the record to go on at, or 0. */
  emit(): void {
    const { f } = this;
    const helper = f.block();
    this.refuseUnusual(helper);
    this.readFrame(helper);
    this.checkSegments(helper);
    this.readFlags(helper);
    this.findNext(this.rip, this.rflags, () => f.i32(0).mem('i32.load', Slot.remaining), helper);
    this.change();
    this.goOn();
    f.end().i32(0);
  }

  private refuseUnusual(helper: Label): void {
    const { f } = this;
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.iret).op('i32.and', 'i32.eqz').brIf(helper);
    this.refuseModeAt(0, [S.nmiBlocked], helper);
    // The next instruction is fetched in this trip.
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.le_s').brIf(helper);
  }

  private readFrame(helper: Label): void {
    const { f, rsp, rip, frame } = this;
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).set(rsp);
    this.findCurrent(rsp);
    this.place(rsp, FRAME_BYTES, helper).tee(frame).mem('i64.load', 0).set(rip);
    this.refuseNonCanonical(rip, helper);
    f.get(frame).mem('i32.load16_u', 8).set(this.codeSelector);
    f.get(frame).mem('i32.load16_u', 32).set(this.stackSelector);
  }

  private checkSegments(helper: Label): void {
    const { f, code, stack, codeSelector, stackSelector, crosses } = this;
    f.get(codeSelector).i32(3).op('i32.and').tee(crosses).get(stackSelector).i32(3).op('i32.and', 'i32.ne');
    // To CPL 0 or 3.
    f.get(crosses).i32(1).op('i32.add').i32(2).op('i32.and', 'i32.or').brIf(helper);
    f.i64(0).set(stack);
    f.get(stackSelector).i32(NULL_SELECTOR).op('i32.and').if();
    this.readDescriptor(stackSelector, stack, helper);
    this.unless(stack, DATA_MASK, DATA, helper, crosses);
    f.else();
    f.get(crosses).brIf(helper);
    f.end();
    this.readDescriptor(codeSelector, code, helper);
    this.unless(code, CODE_MASK, CODE, helper, crosses);
  }
  private readFlags(helper: Label): void {
    const { f, frame, rflags } = this;
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
    // Alignment is checked at CPL 3.
    f.get(this.crosses).i32(0).op('i32.ne').get(rflags).i32(Flag.AC).op('i32.and').i32(0).op('i32.ne', 'i32.and').brIf(helper);
  }

  private change(): void {
    const { f, rip, rest, frame, rflags, code, stack, codeSelector, stackSelector } = this;
    f.i32(0).get(rest).mem('i32.store', Slot.remaining);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    this.setRflags(rflags);
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
    f.get(this.crosses).if();
    f.i32(0)
      .i32(3)
      .mem('i32.store', STATE + S.cpl);
    for (const segment of [Seg.es, Seg.fs, Seg.gs, Seg.ds]) this.dropInner(segment);
    f.end();
  }
  /** A data segment of the inner level becomes null; its base stays. */
  private dropInner(segment: number): void {
    const { f } = this;
    const access = (): Code => f.i32(0).mem('i32.load', segmentAt(segment) + SegmentField.access);
    access().i32(Access.unusable).op('i32.and', 'i32.eqz');
    access()
      .i32(Access.code | Access.conforming)
      .op('i32.and')
      .i32(Access.code | Access.conforming)
      .op('i32.ne', 'i32.and');
    access()
      .i32(3 << Access.dplShift)
      .op('i32.and')
      .i32(3 << Access.dplShift)
      .op('i32.ne', 'i32.and')
      .if();
    this.setField(segment, SegmentField.selector, () => f.i32(0));
    this.setField(segment, SegmentField.access, () => f.i32(Access.unusable));
    this.setField(segment, SegmentField.limit, () => f.i32(0));
    f.end();
  }
}
