// Exits that quick instructions are: paid for from the budget, counted, and each with its event as a trace record (trace/record-layout.ts), which QuickCells gives
// to the host when the vCPU's time is settled. Of the instruction's record, see emit/quick-emitter.ts.
import { RecordField, RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { QuickExitName } from '../../x86/cpu';
import { EXIT_LOG, EXIT_LOG_RECORDS, ExitCell, QUICK_END_NS, QUICK_LATEST_NS, QuickExitCell, quickExitCells, R, Slot } from '../record';

/** Pushes an i64. */
type Push = () => unknown;

/** A new record at `at`, that begins with a cell's word. */
export function emitAppend(f: Code, at: Local, head: number): void {
  f.i32(0).mem('i32.load', ExitCell.count).tee(at).i32(TRACE_RECORD_SIZE).op('i32.mul');
  f.i32(0).get(at).i32(1).op('i32.add').mem('i32.store', ExitCell.count);
  f.i32(EXIT_LOG).op('i32.add').set(at);
  f.get(at).i32(0).mem('i64.load', head).mem('i64.store', RecordField.tag);
  f.get(at).i32(0).mem('i64.load', ExitCell.vcpu).mem('i64.store', RecordField.vcpu);
}

export class ExitLogEmitter {
  private readonly at: Local;
  private readonly leftNs: Local;
  private readonly ns: Local;
  private readonly cells: number;

  constructor(
    private readonly f: Code,
    private readonly record: Local,
    name: QuickExitName,
  ) {
    [this.at, this.leftNs, this.ns] = [f.local('i32'), f.local('i32'), f.local('f64')];
    this.cells = quickExitCells(name);
  }

  private load(cell: number): Code {
    return this.f.i32(0).mem('i32.load', cell);
  }
  private add(cell: number, push: Push): void {
    this.load(cell);
    push();
    this.f.op('i32.add').set(this.at);
    this.f.i32(0).get(this.at).mem('i32.store', cell);
  }

  /** Refuses where the log is full, and unless the budget covers the exit and the rest of the block: no event can be due in between. A trip that is to end
   * earlier is not shortened. */
  check(helper: Label, records = 1): void {
    const { f, leftNs } = this;
    this.load(ExitCell.count)
      .i32(EXIT_LOG_RECORDS - records)
      .op('i32.gt_u')
      .brIf(helper);
    f.i32(0).mem('i32.load', Slot.remaining).set(leftNs);
    this.load(ExitCell.slackNs);
    this.load(this.cells + QuickExitCell.costNs)
      .op('i32.lt_s')
      .if();
    f.get(leftNs);
    this.load(this.cells + QuickExitCell.costNs)
      .op('i32.sub')
      .tee(leftNs)
      .i32(0)
      .op('i32.lt_s')
      .brIf(helper);
    f.end();
  }

  /** Off the i32 on the stack, as far as the trip's end comes nearer by the exit. */
  subtractCost(): void {
    const { f } = this;
    f.get(this.leftNs).i32(0).mem('i32.load', Slot.remaining).op('i32.sub', 'i32.add');
  }

  /** The exit, its event, and its end as the latest time that was told. Fields: i64 each; what is not given is 0. */
  emit(fields: readonly (Push | undefined)[]): void {
    const { f, at, ns, cells } = this;
    this.add(cells + QuickExitCell.times, () => f.i32(1));
    emitAppend(f, at, ExitCell.head);
    f.get(at).i32(0).mem('f64.load', QUICK_END_NS).i32(0).mem('i32.load', Slot.remaining);
    f.get(this.record).mem('i32.load', R.imm).op('i32.add', 'f64.convert_i32_s', 'f64.sub').tee(ns).mem('f64.store', RecordField.virtualNs);
    const cost = (): Code => f.i32(0).mem('f64.load', cells + QuickExitCell.cost);
    f.get(at);
    cost().mem('f64.store', RecordField.durationNs);
    f.get(at).i32(0).mem('i64.load', Slot.ripBase).get(this.record).mem('i64.load16_u', R.ipNext).op('i64.add');
    f.get(this.record).mem('i64.load32_u', R.disp).op('i64.sub').mem('i64.store', RecordField.rip);
    f.get(at)
      .i32(0)
      .mem('i64.load', cells + QuickExitCell.reason)
      .mem('i64.store', RecordField.fields);
    for (const [n, push] of fields.entries()) {
      f.get(at);
      if (push === undefined) f.i64(0);
      else push();
      f.mem('i64.store', RecordField.fields + 8 + n * 8);
    }
    f.i32(0).get(ns);
    cost().op('f64.add').i32(0).mem('f64.load', QUICK_LATEST_NS).op('f64.max').mem('f64.store', QUICK_LATEST_NS);
    f.i32(0).mem('i32.load', Slot.remaining).get(this.leftNs).op('i32.eq').if();
    this.add(ExitCell.slackNs, () =>
      this.load(cells + QuickExitCell.costNs)
        .i32(-1)
        .op('i32.mul'),
    );
    f.i32(0).i32(0).mem('f64.load', QUICK_END_NS);
    cost().op('f64.add').mem('f64.store', QUICK_END_NS).end();
    f.i32(0).get(this.leftNs).mem('i32.store', Slot.remaining);
  }
}
