// The interpreter's loop: records one after the other, by their handlers; and what comes where one leaves.
import type { Code, Local } from '../../wasm/code';
import { type InterpreterForms, MICRO_COUNT, Micro } from '../handlers';
import { emitDisown } from '../jit/page-cache';
import { DISPATCHES, Exit, FAST_TLB, LookCell, PageFaultCell, R, RECORD_SIZE } from '../record';
import type { HandlerFrame, InterpreterFunctions } from './handler-frame';
import { LocalPool } from './local-pool';
import { QuickEmitter } from './quick-emitter';
import { RecordContext } from './record-context';

/** Added to the result of `inPlace`. */
export const IN_PLACE_LEAVES = 4;

/** Address records: linear address into the slot that the instruction names as its base. */
export function emitAddress(f: Code, record: Local, kind: 'flat64' | 'address32' | 'flat32'): void {
  f.get(record).mem('i32.load', R.a);
  f.get(record).mem('i32.load', R.b).mem('i64.load');
  f.get(record).mem('i32.load', R.x).mem('i64.load').get(record).mem('i64.load8_u', R.scale).op('i64.shl', 'i64.add');
  f.get(record).mem('i64.load', R.disp).op('i64.add');
  if (kind !== 'flat64') f.i64(0xffffffff).op('i64.and');
  f.get(record).mem('i32.load', R.link).mem('i64.load').op('i64.add');
  if (kind === 'flat32') f.i64(0xffffffff).op('i64.and');
  f.mem('i64.store');
}

/** Functions of the module that the loop calls. */
export interface LoopCalls {
  ownType: number;
  segmentAddress: number;
  straddle: number;
  inPlace: number;
  goOn: number;
  refused: number;
  /** By micro-record: those that go on at the next record. */
  plain: ReadonlyMap<number, number>;
  /** The same, of those that access memory. */
  reading: ReadonlyMap<number, number>;
  /** Those that may change the fast TLB in use. */
  contexts: ReadonlyMap<number, number>;
  /** By micro-record: those that go on at a handler of the guest's. */
  deliveries: ReadonlyMap<number, number>;
  pageFault: number;
  /** TypeScript's slow path of accesses. */
  accessImport: number;
  iret: number;
}

/** The body of `run`: (record, fast TLB) → an exit. */
export function emitLoop(f: Code, catalogue: InterpreterForms, functions: InterpreterFunctions, calls: LoopCalls): void {
  const record = 0;
  const tlb = 1;
  const dispatches = f.local('i64');
  const result = f.local('i32');
  const quick = new QuickEmitter(f, record);
  const resume = f.loop();
  const out = f.block();
  const again = f.loop();
  const slow = f.block();
  const frame: HandlerFrame = {
    f,
    pool: new LocalPool(f),
    record,
    tlb,
    functions,
    leave: () => f.set(record).br(out),
    dispatch: () => f.set(record).br(again),
    slow: () => f.set(record).br(slow),
  };
  const next = (): void => {
    f.get(record).i32(RECORD_SIZE).op('i32.add');
    frame.dispatch();
  };
  /** Control was transferred, perhaps to another level. */
  const goOn = (): void => {
    f.i32(0).mem('i32.load', FAST_TLB).set(tlb);
    f.get(result);
    frame.dispatch();
  };
  const micros = catalogue.micros;
  const count = MICRO_COUNT + catalogue.hot.length;
  const coldLabel = f.block();
  const labels: number[] = [];
  for (let i = count - 1; i >= 0; i--) labels[i] = f.block();
  // Those that only leave share one label.
  const leaving = labels[Micro.leave]!;
  for (let i = 0; i < MICRO_COUNT; i++) if (!micros.has(i)) labels[i] = leaving;
  f.get(dispatches).i64(1).op('i64.add').set(dispatches);
  f.get(record).mem('i32.load16_u', R.op).brTable(labels, coldLabel);
  for (let i = 0; i < count; i++) {
    f.end();
    if (i < MICRO_COUNT) {
      if (i === Micro.leave) f.br(out);
      else if (i === Micro.gotoLinked || i === Micro.gotoLookedUp) new RecordContext(frame).emitHandler([micros.get(i)!]);
      else if (i === Micro.address64 || i === Micro.address32 || i === Micro.addressFlat32) {
        emitAddress(f, record, i === Micro.address64 ? 'flat64' : i === Micro.address32 ? 'address32' : 'flat32');
        next();
      } else if (i === Micro.addressChecked || i === Micro.straddle) {
        f.get(record)
          .call(i === Micro.straddle ? calls.straddle : calls.segmentAddress)
          .op('i32.eqz')
          .brIf(out);
        next();
      } else if (calls.plain.has(i)) {
        f.get(record).call(calls.plain.get(i)!).op('i32.eqz').brIf(labels[Micro.helper]!);
        next();
      } else if (calls.reading.has(i)) {
        f.get(record).get(tlb).call(calls.reading.get(i)!).op('i32.eqz').brIf(labels[Micro.helper]!);
        next();
      } else if (calls.contexts.has(i)) {
        f.get(record).get(tlb).call(calls.contexts.get(i)!).tee(result).op('i32.eqz').brIf(labels[Micro.helper]!);
        f.get(result).set(tlb);
        next();
      } else if (i >= Micro.cli && i <= Micro.rdtscp) {
        quick.emit(i, labels[Micro.helper]!);
        next();
      } else if (i === Micro.iret) {
        f.get(tlb).call(calls.iret).tee(result).op('i32.eqz').brIf(labels[Micro.helper]!);
        goOn();
      } else if (calls.deliveries.has(i)) {
        f.get(record).get(tlb).call(calls.deliveries.get(i)!);
        f.tee(result)
          .op('i32.eqz')
          .brIf(labels[i === Micro.undefined ? Micro.fault : Micro.helper]!);
        goOn();
      } else if (i === Micro.helper || i === Micro.fault) {
        // What is run may change the TLB.
        emitDisown(f);
        f.get(record).call(calls.inPlace).tee(result).op('i32.eqz').brIf(out);
        f.get(result).i32(~IN_PLACE_LEAVES).op('i32.and').set(record);
        f.get(result).i32(IN_PLACE_LEAVES).op('i32.and').brIf(out);
        f.i32(0).mem('i32.load', FAST_TLB).set(tlb);
        f.br(again);
      } else f.br(out);
    } else new RecordContext(frame).emitHandler(catalogue.hot[i - MICRO_COUNT]!);
  }
  f.end();
  const runOwn = (op: number): void => {
    f.get(record).get(tlb).get(record).mem('i32.load16_u', op).i32(MICRO_COUNT).op('i32.sub').callIndirect(calls.ownType);
    f.tee(record).i32(0).op('i32.ge_s').brIf(again);
    f.get(record).i32(~Exit.flag).op('i32.and').set(record).br(out);
  };
  runOwn(R.op);
  f.end();
  runOwn(R.plainOp);
  f.end();
  f.end();
  const left = f.loop();
  f.i32(0).mem('i32.load', LookCell.refused).unlikely().if();
  f.get(record).call(calls.refused).if();
  f.get(record).i32(RECORD_SIZE).op('i32.add').set(record).br(resume).end();
  f.end();
  f.i32(0).mem('i32.load', PageFaultCell.waits).unlikely().if();
  f.i32(0).i32(0).mem('i32.store', PageFaultCell.waits);
  f.get(record).get(tlb).call(calls.pageFault).tee(result).if();
  f.i32(0).mem('i32.load', FAST_TLB).set(tlb);
  f.get(result).set(record).br(resume);
  f.end();
  // It refuses for the reason that TypeScript finds.
  emitDisown(f);
  f.i32(0)
    .mem('i32.load', PageFaultCell.address)
    .i32(0)
    .mem('i32.load', PageFaultCell.address + 4);
  f.i32(0).mem('i32.load', PageFaultCell.info).i32(0).mem('i32.load', PageFaultCell.record).call(calls.accessImport).op('drop');
  f.end();
  // Branches to blocks that are not known: they are made known.
  f.get(record).i32(Exit.directBranch).op('i32.sub').i32(3).op('i32.and').i32(Exit.indirectBranch).op('i32.lt_u').if();
  f.get(record).get(tlb).call(calls.goOn).tee(result).if();
  f.get(result).i32(~Exit.flag).op('i32.and').set(record);
  f.get(result).i32(0).op('i32.ge_s').brIf(resume);
  f.br(left);
  f.end();
  f.end();
  f.end();
  f.end();
  f.i32(0).i32(0).mem('i64.load', DISPATCHES).get(dispatches).op('i64.add').mem('i64.store', DISPATCHES);
  f.get(record);
}
