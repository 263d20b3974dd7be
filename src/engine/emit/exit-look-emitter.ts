// An exit that refuses because neither the trip's limit nor what exits may put it off by covers it alone. Both together may; or a look lies in the exit: where the trip goes on behind the
// look, the exit is served all the same, and the vCPU is sampled behind it, with what the exit's event says.
import { RecordField, RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import type { QuickExitName } from '../../x86/cpu';
import { S, STATE } from '../../x86/layout';
import {
  EXIT_LOG,
  ExitCell,
  LookCell,
  QuickExitCell,
  quickExitCells,
  R,
  REPEATED_EXIT,
  SAMPLED_EXIT_BYTES,
  SampleHead,
  Slot,
} from '../record';
import { emitAdd, emitMoveLimit, emitSampled, emitSampleHead, emitToNextLook } from './look-emitter';

interface ExitLookParts {
  /** (record) → 1: done; 0: nothing has happened. */
  quick: number;
  name: QuickExitName;
  sampleExit: number;
  passLook: number;
  putOff: number;
}

/** (record) → what `sample` gave: of the exit that it was. */
export function buildSampleExit(module: ModuleBuilder, sample: number): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const record = 0;
  const [at, length, event] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const cell = (offset: number): Code => f.i32(0).mem('i32.load', offset);
  f.i32(0).i32(0).mem('i64.load', Slot.ripBase).get(record).mem('i64.load16_u', R.ipNext).op('i64.add');
  f.get(record)
    .mem('i64.load32_u', R.disp)
    .op('i64.sub')
    .mem('i64.store', STATE + S.rip);
  cell(LookCell.at).set(at);
  f.i32(STATE);
  cell(LookCell.stackBytes)
    .get(at)
    .i32(SampleHead.bytes + SAMPLED_EXIT_BYTES)
    .op('i32.add');
  f.i32(0).call(sample).set(length);
  emitSampleHead(f, at, length, SAMPLED_EXIT_BYTES);
  // It was logged last; or it is one that is only counted, for which the log is empty.
  f.i32(REPEATED_EXIT).i32(EXIT_LOG - TRACE_RECORD_SIZE + RecordField.fields);
  cell(ExitCell.count).tee(event).i32(TRACE_RECORD_SIZE).op('i32.mul', 'i32.add');
  f.get(event).op('i32.eqz', 'select').set(event);
  for (let field = 0; field < SAMPLED_EXIT_BYTES; field += 8)
    f.get(at)
      .get(event)
      .mem('i64.load', field)
      .mem('i64.store', SampleHead.bytes + field);
  f.get(length);
  return index;
}

/** (virtual ns from the look to the trip's limit, what `sample` gave) → the exit that the look lies in has put the limit off behind it, and others may do so up to the next look. What
 * exits have used of the limit before is given back. */
export function buildPutOff(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32'], []);
  const [over, length] = [0, 1];
  const [more, back] = [f.local('i32'), f.local('i32')];
  const cell = (offset: number): Code => f.i32(0).mem('i32.load', offset);
  const atMost = (local: Local, push: () => Code): void => {
    f.get(local);
    push().get(local);
    push().op('i32.lt_s', 'select').set(local);
  };
  emitSampled(f, length, () => f.i32(SAMPLED_EXIT_BYTES));
  emitAdd(f, LookCell.farNs, () => f.i32(0).get(over).op('i32.sub'));
  cell(LookCell.everyNs).get(over).op('i32.sub').set(more);
  atMost(more, () => cell(LookCell.farNs));
  emitAdd(f, LookCell.farNs, () => f.i32(0).get(more).op('i32.sub'));
  emitAdd(f, LookCell.slackNs, () => f.get(more).get(over).op('i32.add'));
  cell(ExitCell.chargedNs).set(back);
  f.i32(0).i32(0).mem('i32.store', ExitCell.chargedNs);
  atMost(back, () => f.get(more));
  emitMoveLimit(f, () => f.get(back));
  f.get(more).get(back).op('i32.sub').set(more);
  f.i32(0).get(more).mem('i32.store', ExitCell.slackNs);
  return index;
}

/** The same as `quick`, for the interpreter alone: everything has to be in memory. */
export function buildExitLook(module: ModuleBuilder, parts: ExitLookParts): number {
  const { quick, name, sampleExit, passLook, putOff } = parts;
  const { index, code: f } = module.func(['i32'], ['i32']);
  const record = 0;
  const [left, cost, slack, added, over] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const cell = (offset: number): Code => f.i32(0).mem('i32.load', offset);
  const setSlack = (push: () => unknown): void => {
    f.i32(0);
    push();
    f.mem('i32.store', ExitCell.slackNs);
  };
  /** As if all of it put the limit off. Refuses with nothing changed. */
  const runQuick = (refused: Label): void => {
    setSlack(() => f.get(slack).get(cost).op('i32.add'));
    f.get(record).call(quick).op('i32.eqz').if();
    setSlack(() => f.get(slack));
    f.br(refused).end();
  };
  f.get(record).call(quick).if();
  f.i32(1).op('return').end();
  const refused = f.block();
  cell(quickExitCells(name) + QuickExitCell.costNs).set(cost);
  cell(ExitCell.slackNs).set(slack);
  cell(Slot.remaining).get(record).mem('i32.load', R.imm).op('i32.add').tee(left).i32(0).op('i32.le_s').brIf(refused);
  // What is behind the limit, and then of the limit: no look is in it, nor in the rest of the block.
  f.get(slack).i32(0).op('i32.gt_s');
  cell(Slot.remaining).get(slack).op('i32.add').get(cost).op('i32.ge_s', 'i32.and').if();
  runQuick(refused);
  setSlack(() => f.i32(0));
  emitAdd(f, ExitCell.chargedNs, () => f.get(cost).get(slack).op('i32.sub'));
  emitMoveLimit(f, () => f.get(slack).get(cost).op('i32.sub'));
  f.i32(1).op('return').end();
  // The look is behind the exit's beginning and before its end.
  f.get(cost).get(left).get(slack).op('i32.add', 'i32.le_s').brIf(refused);
  cell(LookCell.at);
  cell(LookCell.lastAt).op('i32.gt_u').brIf(refused);
  cell(LookCell.open).if();
  // It is the limit. The next one, or the trip's end, is in the exit, too, or in the rest of the block.
  f.get(cost).get(left).op('i32.sub');
  cell(LookCell.everyNs).op('i32.ge_s').brIf(refused);
  emitToNextLook(f).tee(added).get(cost).op('i32.sub');
  cell(Slot.remaining).op('i32.add').i32(0).op('i32.lt_s').brIf(refused);
  runQuick(refused);
  emitMoveLimit(f, () => f.get(added).get(cost).op('i32.sub'));
  f.get(added).get(record).call(sampleExit).i32(SAMPLED_EXIT_BYTES).call(passLook);
  f.else();
  // It is as far behind the limit as exits may put that off: this one puts it off by all that it takes.
  f.get(cost).get(slack).op('i32.sub').tee(over);
  cell(LookCell.everyNs).op('i32.gt_s').brIf(refused);
  f.get(over);
  cell(LookCell.farNs).op('i32.gt_s').brIf(refused);
  runQuick(refused);
  f.get(over).get(record).call(sampleExit).call(putOff).end();
  f.i32(1).op('return').end();
  f.i32(0);
  return index;
}

/** (record) → 1: the exit that a region has refused as its first instruction is done, for a look lies in it. `looks`: by micro-record. */
export function buildRefused(module: ModuleBuilder, looks: ReadonlyMap<number, number>): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const micro = f.local('i32');
  f.i32(0).mem('i32.load', LookCell.refused).set(micro);
  f.i32(0).i32(0).mem('i32.store', LookCell.refused);
  for (const [each, look] of looks) {
    f.get(micro).i32(each).op('i32.eq').if();
    f.get(0).call(look).op('return').end();
  }
  f.i32(0);
  return index;
}
