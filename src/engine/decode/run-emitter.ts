// Decodes a straight run of 64-bit code into records, in WebAssembly: instructions of shapes that TypeScript has decoded before (shapes.ts), bit for bit as the
// block builder does. At whatever is not known it gives up, with the instructions before it done.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { S, Seg, STATE } from '../../x86/layout';
import { Micro } from '../handlers';
import { R, RECORD_SIZE, Slot, UNLINKED } from '../record';
import { segmentBaseSlot } from '../slots';
import { Repeat } from '../strings';
import {
  BlockCell,
  Came,
  CHOOSING_PREFIXES,
  DecodeEnd,
  HasModrm,
  MAX_INSTRUCTIONS,
  MODRM_BYTES,
  PLAN_BYTES,
  PLANS,
  Plan,
  PlanFlag,
  PREFIX_BYTES,
  Prefix,
  SHAPES,
} from './layout';
import { buildSlot } from './slot-emitter';

const PAGE = 4096;
const MAX_BYTES = 15;
/** So far a look at an instruction may reach before it turns out to be too long, or not to end in the page: none behind the memory is looked at. */
const MOST_LOOKED_AT = 32;
const SEGMENTS = Prefix.fs | Prefix.gs;
/** A record's own handler, and the one to dispatch to. */
const BOTH_HANDLERS = 0x1_0001;

/** By PlanImmediate less 1. */
const IMMEDIATE_LOADS = [
  ['i64.load8_s', 1],
  ['i64.load16_u', 2],
  ['i64.load16_s', 2],
  ['i64.load32_s', 4],
  ['i64.load', 8],
] as const;

class RunEmitter {
  /** Offset in memory of the block's first byte; where the next record goes; what is decoded: bytes, instructions. */
  private readonly place: Local = 0;
  private readonly at: Local = 1;
  private readonly offset: Local = 2;
  private readonly count: Local = 3;
  /** Of the page's bytes, and of those that an instruction may be looked at from. */
  private readonly lastByte: Local;
  private readonly lastPlace: Local;
  private readonly start: Local;
  private readonly p: Local;
  private readonly byte: Local;
  private readonly kind: Local;
  private readonly prefixes: Local;
  private readonly rex: Local;
  private readonly map: Local;
  private readonly modrm: Local;
  private readonly inMemory: Local;
  private readonly plan: Local;
  private readonly flags: Local;
  private readonly base: Local;
  private readonly index: Local;
  private readonly scale: Local;
  private readonly disp: Local;
  private readonly imm: Local;
  private readonly ipNext: Local;
  private readonly handler: Local;
  private readonly low: Local;

  constructor(
    private readonly f: Code,
    private readonly slot: number,
  ) {
    const i32 = (): Local => f.local('i32');
    this.lastByte = i32();
    this.lastPlace = i32();
    this.start = i32();
    this.p = i32();
    this.byte = i32();
    this.kind = i32();
    this.prefixes = i32();
    this.rex = i32();
    this.map = i32();
    this.modrm = i32();
    this.inMemory = i32();
    this.plan = i32();
    this.flags = i32();
    this.base = i32();
    this.index = i32();
    this.scale = i32();
    this.disp = i32();
    this.imm = f.local('i64');
    this.ipNext = i32();
    this.handler = i32();
    this.low = i32();
  }

  emit(): void {
    const { f } = this;
    f.get(this.place)
      .i32(PAGE - 1)
      .op('i32.or')
      .tee(this.lastByte);
    f.i32(MOST_LOOKED_AT - 1)
      .i32(0)
      .get(this.lastByte)
      .i32(0)
      .mem('i32.load', BlockCell.lastByte)
      .op('i32.eq', 'select', 'i32.sub')
      .set(this.lastPlace);
    const pageEnds = f.block();
    const stuck = f.block();
    const next = f.loop();
    f.get(this.count).i32(MAX_INSTRUCTIONS).op('i32.ge_u').brIf(stuck);
    f.get(this.place).get(this.offset).op('i32.add').tee(this.start).tee(this.p).i32(1).op('i32.sub').get(this.lastByte);
    // No block begins there.
    f.op('i32.eq').brIf(pageEnds);
    f.get(this.p).get(this.lastPlace).op('i32.gt_u').brIf(stuck);
    this.opcode(stuck);
    this.findPlan(stuck);
    this.address(stuck);
    this.immediate();
    f.get(this.p).get(this.start).op('i32.sub').i32(MAX_BYTES).op('i32.gt_u').brIf(stuck);
    f.get(this.p).i32(1).op('i32.sub').get(this.lastByte).op('i32.gt_u').if();
    f.get(this.count).brIf(pageEnds).br(stuck);
    f.end();
    f.get(this.p).get(this.place).op('i32.sub').set(this.ipNext);
    this.operands(stuck);
    this.write();
    f.get(this.count).i32(1).op('i32.add').set(this.count);
    f.get(this.ipNext).set(this.offset);
    f.get(this.flags).i32(PlanFlag.ends).op('i32.and').op('i32.eqz').brIf(next);
    this.done();
    f.i32(DecodeEnd.left).i32(DecodeEnd.ended).get(this.flags).i32(PlanFlag.leaves).op('i32.and', 'select', 'return');
    f.end();
    f.end();
    this.done();
    f.i32(DecodeEnd.open).op('return');
    f.end();
    this.done();
    f.i32(DecodeEnd.ended);
  }

  private done(): void {
    this.f.i32(0).get(this.at).mem('i32.store', Came.at);
    this.f.i32(0).get(this.offset).mem('i32.store', Came.offset);
    this.f.i32(0).get(this.count).mem('i32.store', Came.count);
  }

  private nextByte(into: Local): Code {
    const { f, p } = this;
    f.get(p).mem('i32.load8_u').set(into);
    return f.get(p).i32(1).op('i32.add').set(p);
  }
  private skip(bytes: number): void {
    this.f.get(this.p).i32(bytes).op('i32.add').set(this.p);
  }

  /** Prefixes, opcode and map. */
  private opcode(stuck: Label): void {
    const { f } = this;
    for (const local of [this.prefixes, this.rex, this.map]) f.i32(0).set(local);
    const known = f.block();
    const again = f.loop();
    this.nextByte(this.byte);
    f.get(this.byte).mem('i32.load8_u', PREFIX_BYTES).tee(this.kind).op('i32.eqz').brIf(known);
    f.get(this.p).get(this.start).op('i32.sub').i32(MAX_BYTES).op('i32.ge_u').brIf(stuck);
    f.get(this.kind).i32(Prefix.rex).op('i32.eq').if();
    f.get(this.byte).set(this.rex).br(again);
    f.end();
    // It counts only right before the opcode.
    f.i32(0).set(this.rex);
    f.get(this.kind).i32(Prefix.ignored).op('i32.eq').brIf(again);
    f.get(this.prefixes).get(this.kind).op('i32.or').set(this.prefixes).br(again);
    f.end();
    f.end();
    f.get(this.prefixes).i32(Prefix.addressSize).op('i32.and').brIf(stuck);
    f.get(this.byte).i32(0x0f).op('i32.eq').if();
    f.i32(1).set(this.map);
    this.nextByte(this.byte);
    f.else();
    // With REX.B it is XCHG.
    f.get(this.byte).i32(0x90).op('i32.eq').get(this.rex).i32(1).op('i32.and', 'i32.and').brIf(stuck);
    f.end();
  }

  /** ModRM byte and plan. */
  private findPlan(stuck: Label): void {
    const { f } = this;
    f.i32(0xc0).set(this.modrm);
    f.i32(0).set(this.inMemory);
    f.i32(0).set(this.low);
    f.get(this.map)
      .i32(8)
      .op('i32.shl')
      .get(this.byte)
      .op('i32.or')
      .mem('i32.load8_u', MODRM_BYTES)
      .tee(this.kind)
      .op('i32.eqz')
      .brIf(stuck);
    f.get(this.kind).i32(HasModrm.yes).op('i32.eq').if();
    this.nextByte(this.modrm);
    f.get(this.modrm).i32(0xc0).op('i32.lt_u').set(this.inMemory);
    f.get(this.modrm).i32(2).op('i32.shr_u').i32(14).op('i32.and').get(this.inMemory).op('i32.eqz', 'i32.or').set(this.low);
    f.end();
    f.get(this.map).i32(3).op('i32.shl').get(this.prefixes).i32(CHOOSING_PREFIXES).op('i32.and', 'i32.or').i32(1).op('i32.shl');
    f.get(this.rex).i32(3).op('i32.shr_u').i32(1).op('i32.and', 'i32.or').i32(8).op('i32.shl').get(this.byte).op('i32.or');
    f.i32(4).op('i32.shl').get(this.low).op('i32.or').i32(1).op('i32.shl').mem('i32.load16_u', SHAPES);
    f.tee(this.plan).op('i32.eqz').brIf(stuck);
    f.get(this.plan).i32(PLAN_BYTES).op('i32.mul').i32(PLANS).op('i32.add').tee(this.plan);
    f.mem('i32.load16_u', Plan.flags).set(this.flags);
    f.get(this.prefixes).i32(Prefix.lock).op('i32.and').if();
    f.get(this.inMemory).op('i32.eqz').brIf(stuck);
    f.get(this.flags).i32(PlanFlag.canLock).op('i32.and', 'i32.eqz').brIf(stuck);
    f.end();
  }

  private gpr(push: () => void): Code {
    push();
    return this.f
      .i32(3)
      .op('i32.shl')
      .i32(STATE + S.gpr)
      .op('i32.add');
  }

  /** SIB and displacement (SDM vol 2 ch. 2.1.5). */
  private address(stuck: Label): void {
    const { f } = this;
    f.i32(0).set(this.scale);
    f.i32(0).set(this.disp);
    f.get(this.inMemory).if();
    f.i32(Slot.zero).set(this.index);
    f.get(this.modrm).i32(7).op('i32.and').tee(this.low).i32(4).op('i32.eq').if();
    this.nextByte(this.byte);
    f.get(this.byte).i32(6).op('i32.shr_u').set(this.scale);
    f.get(this.byte).i32(3).op('i32.shr_u').i32(7).op('i32.and').get(this.rex).i32(2).op('i32.and').i32(2).op('i32.shl', 'i32.or');
    f.tee(this.kind).i32(4).op('i32.ne').if();
    this.gpr(() => f.get(this.kind)).set(this.index);
    f.end();
    f.get(this.byte).i32(7).op('i32.and').set(this.low);
    f.end();
    f.get(this.low).i32(5).op('i32.eq').get(this.modrm).i32(0x40).op('i32.lt_u', 'i32.and').if();
    f.get(this.p).mem('i32.load').set(this.disp);
    this.skip(4);
    f.i32(Slot.ripBase).i32(Slot.zero).get(this.modrm).i32(7).op('i32.and').i32(5).op('i32.eq', 'select').set(this.base);
    f.else();
    this.gpr(() => f.get(this.low).get(this.rex).i32(1).op('i32.and').i32(3).op('i32.shl', 'i32.or')).set(this.base);
    f.get(this.modrm).i32(0x80).op('i32.ge_u').if();
    f.get(this.p).mem('i32.load').set(this.disp);
    this.skip(4);
    f.else();
    f.get(this.modrm).i32(0x40).op('i32.ge_u').if();
    f.get(this.p).mem('i32.load8_s').set(this.disp);
    this.skip(1);
    f.end().end().end();
    f.get(this.prefixes).i32(SEGMENTS).op('i32.and').i32(SEGMENTS).op('i32.eq').brIf(stuck);
    f.end();
  }

  private immediate(): void {
    const { f } = this;
    f.i64(0).set(this.imm);
    const out = f.block();
    const cases = IMMEDIATE_LOADS.map(() => f.block()).reverse();
    f.get(this.plan)
      .mem('i32.load8_u', Plan.immediate)
      .brTable([out, ...cases.slice(0, -1)], cases.at(-1)!);
    for (const [load, bytes] of IMMEDIATE_LOADS) {
      f.end();
      f.get(this.p).mem(load).set(this.imm);
      this.skip(bytes);
      f.br(out);
    }
    f.end();
  }

  /** Handler, base, index and displacement. */
  private operands(stuck: Label): void {
    const { f } = this;
    f.get(this.inMemory).get(this.flags).i32(PlanFlag.touchesNothing).op('i32.and', 'i32.eqz', 'i32.and').if();
    this.memoryOperand(stuck);
    this.choose('third', 'second', () => f.get(this.index).i32(Slot.zero).op('i32.ne'));
    f.else();
    for (const local of [this.base, this.index]) f.i32(Slot.zero).set(local);
    for (const local of [this.scale, this.disp]) f.i32(0).set(local);
    f.get(this.flags).i32(PlanFlag.branch).op('i32.and').if();
    f.get(this.ipNext).get(this.imm).op('i32.wrap_i64', 'i32.add').tee(this.disp);
    f.get(this.place)
      .i32(PAGE - 1)
      .op('i32.and', 'i32.add')
      .i32(PAGE)
      .op('i32.lt_u')
      .set(this.low);
    this.choose('first', 'second', () => f.get(this.low));
    f.i32(8).set(this.base);
    f.else();
    this.choose('second', 'first', () => f.get(this.inMemory));
    f.get(this.plan).mem('i32.load8_u', Plan.b).tee(this.kind).if();
    f.get(this.kind).get(this.modrm).get(this.byte).get(this.rex).call(this.slot).set(this.base);
    f.end();
    f.get(this.flags).i32(PlanFlag.string).op('i32.and').if();
    this.repeat(stuck);
    f.end();
    f.end().end();
  }

  /** How a string instruction is repeated stands in the place of its index. */
  private repeat(stuck: Label): void {
    const { f } = this;
    f.get(this.prefixes).i32(SEGMENTS).op('i32.and').brIf(stuck);
    f.i32(Repeat.whileEqual).i32(Repeat.whileNotEqual).i32(Repeat.none).get(this.prefixes).i32(Prefix.repne).op('i32.and', 'select');
    f.get(this.prefixes).i32(Prefix.rep).op('i32.and', 'select').set(this.index);
  }

  private choose(yes: 'first' | 'second' | 'third', no: 'first' | 'second' | 'third', condition: () => void): void {
    const { f } = this;
    f.get(this.plan).mem('i32.load16_u', Plan[yes]);
    f.get(this.plan).mem('i32.load16_u', Plan[no]);
    condition();
    f.op('select').set(this.handler);
  }

  /** What the instruction's record says of its address; a record of the address before it where there is a segment. */
  private memoryOperand(stuck: Label): void {
    const { f } = this;
    f.get(this.base).i32(Slot.ripBase).op('i32.eq').if();
    f.get(this.disp).get(this.ipNext).op('i32.add').tee(this.low).get(this.disp).op('i32.lt_s').brIf(stuck);
    f.get(this.low).set(this.disp);
    f.end();
    f.get(this.flags).i32(PlanFlag.noSegment).op('i32.and', 'i32.eqz').get(this.prefixes).i32(SEGMENTS).op('i32.and').i32(0);
    f.op('i32.ne', 'i32.and').if();
    const word = (field: number, push: () => void): void => {
      f.get(this.at);
      push();
      f.mem('i32.store', field);
    };
    word(R.op, () => f.i32(Micro.address64 * BOTH_HANDLERS));
    word(R.a, () => f.i32(Slot.ea));
    word(R.b, () => f.get(this.base));
    word(R.x, () => f.get(this.index));
    word(R.disp, () => f.get(this.disp));
    word(R.imm, () => f.get(this.disp).i32(31).op('i32.shr_s'));
    word(R.ipNext, () => this.places());
    word(R.link, () => {
      f.i32(segmentBaseSlot(Seg.fs)).i32(segmentBaseSlot(Seg.gs)).get(this.prefixes).i32(Prefix.fs).op('i32.and', 'select');
    });
    f.get(this.at).i32(RECORD_SIZE).op('i32.add').set(this.at);
    f.i32(Slot.ea).set(this.base);
    f.i32(Slot.zero).set(this.index);
    f.i32(0).set(this.disp);
    f.end();
  }

  /** The record's word at `ipNext`. */
  private places(): void {
    const { f } = this;
    f.get(this.ipNext).get(this.scale).i32(16).op('i32.shl', 'i32.or').get(this.count).i32(24).op('i32.shl', 'i32.or');
  }

  private write(): void {
    const { f } = this;
    f.get(this.at).get(this.handler).i32(BOTH_HANDLERS).op('i32.mul').mem('i32.store', R.op);
    f.get(this.at).i32(0).mem('i32.store', R.a);
    f.get(this.plan).mem('i32.load8_u', Plan.a).tee(this.kind).if();
    f.get(this.at).get(this.kind).get(this.modrm).get(this.byte).get(this.rex).call(this.slot).mem('i32.store', R.a);
    f.end();
    f.get(this.at).get(this.base).mem('i32.store', R.b);
    f.get(this.at).get(this.index).mem('i32.store', R.x);
    f.get(this.at).get(this.disp).mem('i32.store', R.disp);
    f.get(this.at);
    f.get(this.flags).i32(PlanFlag.branch).op('i32.and').if('i32');
    f.i32(UNLINKED).i32(0).get(this.low).op('select');
    f.else();
    // What stands there of an immediate is as many of its low bits.
    f.get(this.imm).op('i32.wrap_i64').get(this.plan).mem('i32.load', Plan.mask).op('i32.and');
    f.end();
    f.mem('i32.store', R.imm);
    f.get(this.at);
    this.places();
    f.mem('i32.store', R.ipNext);
    f.get(this.at).i32(0).mem('i32.store', R.link);
    f.get(this.flags).i32(PlanFlag.wideImmediate).op('i32.and').if();
    f.get(this.at).get(this.imm).mem('i64.store', R.disp);
    f.end();
    f.get(this.at).i32(RECORD_SIZE).op('i32.add').set(this.at);
  }
}

/** Exports `decode`: (offset in memory of the block's first byte, where the next record goes, bytes and instructions that are decoded) → DecodeEnd, and `Came`. */
export function buildDecode(module: ModuleBuilder): number {
  const slot = buildSlot(module);
  const { index, code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'decode');
  new RunEmitter(code, slot).emit();
  return index;
}
