// Exits that quick instructions are: paid for from the budget, counted, and each with its event as a trace record (trace/record-layout.ts), which QuickCells gives
// to the host when the vCPU's time is settled. Of the instruction's record, see emit/quick-emitter.ts.
import { RecordField, RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { QuickExitName } from '../../x86/cpu';
import { EXIT_LOG, EXIT_LOG_RECORDS, ExitCell, QUICK_END_NS, QUICK_LATEST_NS, QuickExitCell, quickExitCells, R, Slot } from '../record';
import { emitNoRepeats, emitRepeat } from './exit-repeats';

/** Pushes an i64. */
type Push = () => unknown;
type Fields = ((at: Local) => void) | readonly (Push | undefined)[];

/** A new record at `at`, that begins with a cell's 16 bytes. There is room: see `emitRoom`. */
export function emitAppend(f: Code, at: Local, head: number): void {
  f.i32(0).mem('i32.load', ExitCell.count).tee(at).i32(TRACE_RECORD_SIZE).op('i32.mul');
  f.i32(0).get(at).i32(1).op('i32.add').mem('i32.store', ExitCell.count);
  f.i32(EXIT_LOG).op('i32.add').tee(at);
  f.i32(0).simdMem('v128.load', head).simdMem('v128.store', RecordField.tag);
  emitNoRepeats(f);
}

/** Before anything happens of which so many records tell: where the log has no room for them, what it has is given to the host. */
export function emitRoom(f: Code, handOver: number, records = 1): void {
  f.i32(0)
    .mem('i32.load', ExitCell.count)
    .i32(EXIT_LOG_RECORDS - records)
    .op('i32.gt_u')
    .unlikely()
    .if();
  f.call(handOver).end();
}

export class ExitLogEmitter {
  private readonly at: Local;
  private readonly leftNs: Local;
  private readonly ns: Local;
  private readonly rip: Local;
  private readonly charged: Local;
  private readonly cells: number;

  constructor(
    private readonly f: Code,
    private readonly record: Local,
    private readonly name: QuickExitName,
    /** Index of the function that gives the log to the host. */
    private readonly handOver: number,
  ) {
    [this.at, this.leftNs, this.charged] = [f.local('i32'), f.local('i32'), f.local('i32')];
    [this.ns, this.rip] = [f.local('f64'), f.local('i64')];
    this.cells = quickExitCells(name);
  }

  private load(cell: number): Code {
    return this.f.i32(0).mem('i32.load', cell);
  }
  private cost(): Code {
    return this.f.i32(0).mem('f64.load', this.cells + QuickExitCell.cost);
  }
  private costNs(): Code {
    return this.load(this.cells + QuickExitCell.costNs);
  }

  /** Refuses unless the budget covers the exit and the rest of the block: no event can be due in between. A trip that is to end earlier is not shortened. */
  check(helper: Label, records = 1): void {
    const { f, leftNs, charged } = this;
    emitRoom(f, this.handOver, records);
    f.i32(0).mem('i32.load', Slot.remaining).set(leftNs);
    this.load(ExitCell.slackNs);
    this.costNs().op('i32.lt_s').tee(charged).if();
    f.get(leftNs);
    this.costNs().op('i32.sub').tee(leftNs).i32(0).op('i32.lt_s').brIf(helper);
    f.end();
  }

  /** Off the i32 on the stack, as far as the trip's end comes nearer by the exit. */
  subtractCost(): void {
    const { f } = this;
    f.get(this.leftNs).i32(0).mem('i32.load', Slot.remaining).op('i32.sub', 'i32.add');
  }

  /** The exit, its event, and its end as the latest time that was told. `fields`, behind the reason: i64 each, what is not given is 0; or who writes
   * the four of them. `says`, where it may repeat: see emit/exit-repeats.ts. */
  emit(fields: Fields, says?: Push): void {
    const { f, record, ns, rip } = this;
    f.i32(0).mem('f64.load', QUICK_END_NS).i32(0).mem('i32.load', Slot.remaining);
    f.get(record).mem('i32.load', R.imm).op('i32.add', 'f64.convert_i32_s', 'f64.sub').set(ns);
    f.i32(0).mem('i64.load', Slot.ripBase).get(record).mem('i64.load16_u', R.ipNext).op('i64.add');
    f.get(record).mem('i64.load32_u', R.disp).op('i64.sub').set(rip);
    if (says === undefined) this.append(fields);
    else emitRepeat(f, { ns, rip, kind: this.name, says }, () => this.append(fields));
    f.i32(0).get(ns);
    this.cost().op('f64.add').i32(0).mem('f64.load', QUICK_LATEST_NS).op('f64.max').mem('f64.store', QUICK_LATEST_NS);
    this.charge();
  }

  private append(fields: Fields): void {
    const { f, at, cells } = this;
    const times = cells + QuickExitCell.times;
    f.i32(0);
    this.load(times).i32(1).op('i32.add').mem('i32.store', times);
    emitAppend(f, at, ExitCell.head);
    f.get(at).get(this.ns).mem('f64.store', RecordField.virtualNs);
    f.get(at);
    this.cost().mem('f64.store', RecordField.durationNs);
    f.get(at).get(this.rip).mem('i64.store', RecordField.rip);
    f.get(at)
      .i32(0)
      .mem('i64.load', cells + QuickExitCell.reason)
      .mem('i64.store', RecordField.fields);
    if (typeof fields === 'function') fields(at);
    else this.put(fields);
  }

  private put(values: readonly (Push | undefined)[]): void {
    const { f, at } = this;
    for (const [n, push] of values.entries()) {
      f.get(at);
      if (push === undefined) f.i64(0);
      else push();
      f.mem('i64.store', RecordField.fields + 8 + n * 8);
    }
  }

  private charge(): void {
    const { f } = this;
    f.get(this.charged).if();
    f.i32(0).get(this.leftNs).mem('i32.store', Slot.remaining);
    f.i32(0);
    this.load(ExitCell.chargedNs);
    this.costNs().op('i32.add').mem('i32.store', ExitCell.chargedNs);
    f.else();
    f.i32(0);
    this.load(ExitCell.slackNs);
    this.costNs().op('i32.sub').mem('i32.store', ExitCell.slackNs);
    f.i32(0).i32(0).mem('f64.load', QUICK_END_NS);
    this.cost().op('f64.add').mem('f64.store', QUICK_END_NS);
    f.end();
  }
}
