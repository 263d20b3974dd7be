// Near branches: on to the linked block, to one found by its address, or out of the interpreter where there is none or the budget does not cover it.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import { Exit, R, RECORD_SIZE, Slot } from '../record';
import type { FlagEmitter } from './flag-emitter';
import type { RecordCursor } from './record-cursor';

export class BranchEmitter {
  /** The handler has ended in a jump: nothing follows it. */
  jumped = false;

  constructor(
    private readonly cursor: RecordCursor,
    private readonly flags: FlagEmitter,
  ) {}

  start(): void {
    this.jumped = false;
  }

  nextIp(): Local {
    const { cursor } = this;
    cursor.f.i32(0).mem('i64.load', Slot.ripBase);
    cursor.field('i64.load16_u', R.ipNext);
    cursor.f.op('i64.add');
    return cursor.keep();
  }
  branchTarget(): Local {
    const { cursor } = this;
    const { f } = cursor;
    f.i32(0).mem('i64.load', Slot.ripBase);
    cursor.field('i64.load32_s', R.disp);
    f.op('i64.add').i64(0xffff).i64(0xffff_ffff);
    cursor.field('i32.load', R.b);
    f.i32(2).op('i32.eq', 'select', 'i64.and');
    return cursor.keep();
  }
  /** The i32 on the stack says whether. */
  jumpIf(): void {
    this.flags.settle();
    const { f, isLast } = this.cursor;
    f.if();
    this.take();
    f.end();
    assert(isLast, 'a conditional branch ends a handler');
  }
  jump(): void {
    this.flags.settle();
    this.take();
    this.jumped = true;
  }
  jumpTo(target: Local): void {
    this.flags.settle();
    const { f, form } = this.cursor;
    if (form.size !== 8)
      f.get(target)
        .i64(form.size === 4 ? 0xffffffff : 0xffff)
        .op('i64.and')
        .set(target);
    f.i32(0).get(target).mem('i64.store', Slot.nextRip);
    this.enterLookedUp(target, Exit.indirectBranch, undefined);
    this.jumped = true;
  }

  private take(): void {
    const { cursor } = this;
    const { f, frame } = cursor;
    const rip = cursor.temp();
    const left = cursor.temp32();
    f.i32(0).mem('i64.load', Slot.ripBase);
    cursor.field('i64.load32_s', R.disp);
    f.op('i64.add').set(rip);
    if (cursor.form.branch === 'looked-up') {
      this.enterLookedUp(rip, Exit.directBranch, () => cursor.field('i32.load', R.imm));
      return;
    }
    f.i32(0).mem('i32.load', Slot.remaining);
    cursor.field('i32.load', R.imm);
    f.op('i32.add');
    this.pay(left, Exit.directBranch);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    cursor.field('i32.load', R.link);
    frame.dispatch();
  }
  /** Goes on at `rip` if its block is known and the budget covers it. `givenBack` pushes what the running block did not use. */
  private enterLookedUp(rip: Local, code: number, givenBack: (() => void) | undefined): void {
    const { cursor } = this;
    const { f, frame } = cursor;
    const record = cursor.temp32();
    const left = cursor.temp32();
    f.get(rip).get(frame.tlb);
    cursor.here();
    f.call(frame.functions.lookupFrom).tee(record);
    cursor.leaveUnless(code);
    f.i32(0).mem('i32.load', Slot.remaining);
    f.get(record).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', 0).op('i32.sub');
    if (givenBack) {
      givenBack();
      f.op('i32.add');
    }
    this.pay(left, code);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    f.get(record);
    frame.dispatch();
  }
  /** What would be left of the budget is on the stack: leaves where it is less than nothing. */
  private pay(left: Local, code: number): void {
    const { f } = this.cursor;
    f.tee(left).i32(0).op('i32.lt_s').if();
    this.cursor.leaveHere(code);
    f.end();
    f.i32(0).get(left).mem('i32.store', Slot.remaining);
  }
}
