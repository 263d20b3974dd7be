// #UD, #PF and INT n delivered at CPL 0 in 64-bit mode through an interrupt or trap gate to the same level, as the interpreter does it itself where a kernel has it as
// nearly always: what run/quick-transfers.ts does, with nothing waiting, to a block that is known. VMCALL where no hypervisor answers is an exit before #UD. The
// exception's event is written as a trace record; INT n has none. #PF comes from any record: what it has done before its access stands, flags are in memory. Whatever is
// not so is refused before any change.
import { RecordField } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Vector } from '../../x86/fault';
import { Gpr, S, Seg, SegmentField, STATE } from '../../x86/layout';
import { Access } from '../../x86/system/bits';
import {
  DELIVERED,
  ExitCell,
  H,
  HEADER_K,
  INTERRUPTED,
  PageFaultCell,
  QUICK_ALLOWED,
  QUICK_END_NS,
  QuickAllowed,
  R,
  RECORD_SIZE,
  Slot,
  Tlb,
  WALK_FAULTS,
} from '../record';
import { gprSlot } from '../slots';
import { CODE, CODE_MASK, Flag } from '../transfer-bits';
import { ExitLogEmitter, emitAppend, emitRoom } from './exit-log-emitter';
import { segmentAt, TransferEmitter, type TransferFunctions } from './transfer-emitter';

const FRAME_BYTES = 40;
const ERROR_CODE_BYTES = 8;
const GATE_BYTES = 16;
const TSS_RSP0 = 4;
/** Type, present, and no stack of the IST: of a gate's second word. */
const GATE_MASK = 0x9e07;
const INTERRUPT_OR_TRAP = 0x8e00;
/** 14 and 15 are told apart by this bit. */
const TRAP_GATE = 0x100;
/** A delivery takes one ns: an exception's, or the instruction INT. */
export const DELIVERY_NS = 1;
const RFLAGS = STATE + S.rflags;

/** #UD; VMCALL and #UD; INT n, whose vector is in R.a; #PF of PageFaultCell. */
export type DeliveryKind = 'undefined' | 'hypercall' | 'software' | 'page-fault';

const ALLOWED: Readonly<Record<DeliveryKind, number>> = {
  undefined: QuickAllowed.delivery,
  hypercall: QuickAllowed.delivery | QuickAllowed.vmcall,
  software: QuickAllowed.softwareInterrupt,
  'page-fault': QuickAllowed.pageFault,
};

interface DeliveryParts extends TransferFunctions {
  materialise: number;
  handOver: number;
  kind: DeliveryKind;
}

/** (record, fast TLB) → record to go on at; 0: nothing has happened but that the TLB may have what the delivery reads by it. */
export function buildDelivery(module: ModuleBuilder, parts: DeliveryParts): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  const exit = parts.kind === 'hypercall' ? new ExitLogEmitter(code, 0, 'vmcall', parts.handOver) : undefined;
  new DeliveryEmitter(code, parts, exit).emit();
  return index;
}

class DeliveryEmitter extends TransferEmitter {
  private readonly gate: Local;
  private readonly gateHigh: Local;
  private readonly frame: Local;
  private readonly at: Local;
  private readonly rflags: Local;
  /** Of #PF: virtual ns left when its instruction is reached. */
  private readonly leftNs: Local;
  private readonly frameBytes: number;
  /** Of the gate, in bytes. */
  private readonly offset: Local;
  private readonly selector: Local;
  private readonly code: Local;
  private readonly rip: Local;
  private readonly target: Local;
  private readonly top: Local;

  constructor(
    f: Code,
    private readonly parts: DeliveryParts,
    /** Of VMCALL. */
    private readonly exit: ExitLogEmitter | undefined,
  ) {
    super(f, 1, parts);
    this.frameBytes = FRAME_BYTES + (parts.kind === 'page-fault' ? ERROR_CODE_BYTES : 0);
    this.leftNs = f.local('i32');
    [this.gate, this.gateHigh, this.frame] = [f.local('i32'), f.local('i32'), f.local('i32')];
    [this.at, this.selector, this.offset, this.rflags] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    [this.code, this.rip, this.target, this.top] = [f.local('i64'), f.local('i64'), f.local('i64'), f.local('i64')];
  }

  private get isSoftware(): boolean {
    return this.parts.kind === 'software';
  }

  private get isPageFault(): boolean {
    return this.parts.kind === 'page-fault';
  }
  private get vector(): number {
    return this.isPageFault ? Vector.PF : Vector.UD;
  }

  /** Virtual ns left when the instruction is reached. */
  private left(): Code {
    return this.isPageFault
      ? this.f.get(this.leftNs)
      : this.f.i32(0).mem('i32.load', Slot.remaining).get(0).mem('i32.load', R.imm).op('i32.add');
  }

  /** The function's body. */
  emit(): void {
    const { f, exit } = this;
    const helper = f.block();
    this.refuseUnusual(helper);
    if (this.isPageFault) this.findInstruction();
    this.readGate(helper);
    this.findFrame(helper);
    this.findHandler(helper);
    f.call(this.parts.materialise);
    if (!this.isPageFault) {
      f.i32(0).mem('i64.load', Slot.ripBase).get(0).mem('i64.load16_u', R.ipNext).op('i64.add');
      // An exception's is the instruction itself.
      if (!this.isSoftware) f.get(0).mem('i64.load32_u', R.disp).op('i64.sub');
      f.set(this.rip);
    }
    exit?.emit([() => f.i32(0).mem('i64.load', gprSlot(Gpr.rax)), undefined, undefined, undefined]);
    if (!this.isSoftware) this.event();
    this.push();
    this.change();
    this.goOn();
    f.end().i32(0);
  }

  private refuseUnusual(helper: Label): void {
    const { f, exit, offset } = this;
    const bits = ALLOWED[this.parts.kind];
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(bits).op('i32.and').i32(bits).op('i32.ne').brIf(helper);
    if (this.isPageFault) {
      // From CPL 0 or 3.
      this.state(S.cpl).tee(this.crosses).i32(1).op('i32.add').i32(2).op('i32.and').brIf(helper);
      this.refuseMode([], helper);
    } else this.refuseModeAt(0, [], helper);
    // Once in each run the host is told.
    if (this.isSoftware) f.get(0).mem('i32.load', R.a);
    else f.i32(this.vector);
    f.i32(GATE_BYTES).op('i32.mul').tee(offset);
    f.i32(2)
      .op('i32.shr_u')
      .mem('i32.load', this.isSoftware ? INTERRUPTED : DELIVERED)
      .i32(0)
      .mem('i32.load', ExitCell.runNumber)
      .op('i32.ne')
      .brIf(helper);
    if (exit) exit.check(helper, 2);
    else if (!this.isSoftware) emitRoom(f, this.parts.handOver);
  }

  /** RIP of any record's instruction, and the ns left there: the end of the one before it, and the block's header. */
  private findInstruction(): void {
    const { f, at, leftNs } = this;
    const k = (record: Local): Code => f.get(record).mem('i32.load8_u', R.k);
    const back = (): Code => f.get(at).i32(RECORD_SIZE).op('i32.sub').tee(at);
    f.get(0).set(at);
    const before = f.loop();
    back().mem('i32.load8_u', R.k);
    k(0).op('i32.eq').brIf(before).end();
    f.i32(0).mem('i64.load', Slot.ripBase).get(at).mem('i64.load16_u', R.ipNext).op('i64.add').set(this.rip);
    const done = f.block();
    const header = f.loop();
    k(at).i32(HEADER_K).op('i32.eq').brIf(done);
    back().op('drop').br(header).end().end();
    f.i32(0).mem('i32.load', Slot.remaining).get(at).mem('i32.load', H.count).op('i32.add');
    k(0).op('i32.sub').set(leftNs);
  }

  private readGate(helper: Label): void {
    const { f, linear, gate, gateHigh, selector, code, target, offset } = this;
    this.state(S.idtrLimit)
      .get(offset)
      .i32(GATE_BYTES - 1)
      .op('i32.add', 'i32.lt_u')
      .brIf(helper);
    f.i32(0)
      .mem('i64.load', STATE + S.idtrBase)
      .get(offset)
      .op('i64.extend_i32_u', 'i64.add')
      .set(linear);
    this.fillSystem(Tlb.read);
    this.place(linear, GATE_BYTES, helper).tee(gate).mem('i32.load', 4).tee(gateHigh);
    f.i32(GATE_MASK).op('i32.and').i32(INTERRUPT_OR_TRAP).op('i32.ne').brIf(helper);
    f.get(gate)
      .mem('i64.load16_u', 0)
      .get(gateHigh)
      .i32(0xffff_0000 | 0)
      .op('i32.and', 'i64.extend_i32_u', 'i64.or');
    f.get(gate).mem('i64.load32_u', 8).i64(32).op('i64.shl', 'i64.or').set(target);
    this.refuseNonCanonical(target, helper);
    f.get(gate).mem('i32.load16_u', 2).set(selector);
    this.readDescriptor(selector, code, helper);
    this.unless(code, CODE_MASK, CODE, helper);
  }

  private findFrame(helper: Label): void {
    const { f, top, frame, linear } = this;
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).set(top);
    if (this.isPageFault) {
      f.get(this.crosses).if();
      this.readInnerStack(helper);
      f.end();
    }
    f.get(top).i64(-16).op('i64.and').i64(this.frameBytes).op('i64.sub').tee(top).set(linear);
    this.findCurrent(top);
    if (this.isPageFault) {
      f.get(this.crosses).if();
      this.fillSystem(Tlb.write);
      f.end();
    }
    this.place(top, this.frameBytes, helper, Tlb.write).set(frame);
  }
  /** RSP0 of the TSS. */
  private readInnerStack(helper: Label): void {
    const { f, top, linear } = this;
    const tr = segmentAt(Seg.tr);
    f.i32(0)
      .mem('i32.load', tr + SegmentField.access)
      .i32(Access.unusable)
      .op('i32.and');
    f.i32(0)
      .mem('i32.load', tr + SegmentField.limit)
      .i32(TSS_RSP0 + 7)
      .op('i32.lt_u', 'i32.or')
      .brIf(helper);
    f.i32(0)
      .mem('i64.load', tr + SegmentField.base)
      .i64(TSS_RSP0)
      .op('i64.add')
      .set(linear);
    this.fillSystem(Tlb.read);
    this.place(linear, 8, helper).mem('i64.load').set(top);
  }

  private findHandler(helper: Label): void {
    // The next instruction is fetched in this trip.
    const after = (): void => {
      this.left().i32(DELIVERY_NS).op('i32.sub');
      this.exit?.subtractCost();
    };
    after();
    this.f.i32(0).op('i32.le_s').brIf(helper);
    this.state(S.rflags).set(this.rflags);
    this.findNext(this.target, this.rflags, after, helper);
  }

  private event(): void {
    const { f, at } = this;
    const fields = RecordField.fields;
    emitAppend(f, at, ExitCell.exceptionHead);
    f.get(at).i32(0).mem('f64.load', QUICK_END_NS);
    this.left().i32(DELIVERY_NS).op('i32.sub', 'f64.convert_i32_s', 'f64.sub').mem('f64.store', RecordField.virtualNs);
    f.get(at).f64(0).mem('f64.store', RecordField.durationNs);
    f.get(at).get(this.rip).mem('i64.store', RecordField.rip);
    f.get(at).i64(this.vector).mem('i64.store', fields);
    f.get(at);
    this.errorCode().mem('i64.store', fields + 8);
    f.get(at)
      .i64(this.isPageFault ? 1 : 0)
      .mem('i64.store', fields + 16);
    f.get(at);
    this.faultAddress().mem('i64.store', fields + 24);
    f.i32(0).i32(0).mem('i32.load', ExitCell.deliveries).i32(1).op('i32.add').mem('i32.store', ExitCell.deliveries);
  }

  private errorCode(): Code {
    const { f } = this;
    return this.isPageFault ? f.i32(0).mem('i64.load32_u', PageFaultCell.code).i64(WALK_FAULTS).op('i64.xor') : f.i64(0);
  }
  private faultAddress(): Code {
    return this.isPageFault ? this.f.i32(0).mem('i64.load', PageFaultCell.address) : this.f.i64(0);
  }

  private push(): void {
    const { f, frame, frameBytes } = this;
    const store = (at: number, push: () => Code): void => {
      f.get(frame);
      push().mem('i64.store', at + frameBytes - FRAME_BYTES);
    };
    if (this.isPageFault) store(-ERROR_CODE_BYTES, () => this.errorCode());
    store(0, () => f.get(this.rip));
    store(8, () => f.i32(0).mem('i64.load32_u', segmentAt(Seg.cs) + SegmentField.selector));
    store(16, () => {
      f.i32(0).mem('i64.load', RFLAGS);
      return this.isSoftware ? f : f.i64(Flag.RF).op('i64.or');
    });
    store(24, () => f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)));
    store(32, () => f.i32(0).mem('i64.load32_u', segmentAt(Seg.ss) + SegmentField.selector));
  }

  private change(): void {
    const { f, next, selector, top, target } = this;
    if (this.isPageFault) {
      f.i32(0);
      this.faultAddress().mem('i64.store', STATE + S.cr2);
    }
    f.i32(0);
    this.left().i32(DELIVERY_NS).op('i32.sub').get(next).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', H.count);
    f.op('i32.sub').mem('i32.store', Slot.remaining);
    f.i32(0).i32(0).mem('i32.load', RFLAGS);
    f.i32(~(Flag.TF | Flag.NT | Flag.RF | Flag.VM)).i32(~(Flag.TF | Flag.NT | Flag.RF | Flag.VM | Flag.IF));
    f.get(this.gateHigh).i32(TRAP_GATE).op('i32.and', 'select', 'i32.and').mem('i32.store', RFLAGS);
    f.i32(0).get(top).mem('i64.store', gprSlot(Gpr.rsp));
    f.get(selector).i32(0xfffc).op('i32.and').set(selector);
    this.setSegment(Seg.cs, selector, this.code);
    if (this.isPageFault) this.enterKernel();
    f.i32(0).get(target).mem('i64.store', Slot.ripBase);
  }

  private enterKernel(): void {
    const { f } = this;
    f.get(this.crosses).if();
    f.i32(0)
      .i32(0)
      .mem('i32.store', STATE + S.cpl);
    this.setField(Seg.ss, SegmentField.selector, () => f.i32(0));
    this.setField(Seg.ss, SegmentField.access, () => f.i32(Access.unusable));
    this.setField(Seg.ss, SegmentField.limit, () => f.i32(0));
    f.i32(0)
      .i64(0)
      .mem('i64.store', segmentAt(Seg.ss) + SegmentField.base);
    f.end();
  }
}
