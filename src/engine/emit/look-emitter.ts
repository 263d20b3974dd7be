// A look at a run (CpuEngine.onLook) without TypeScript: where a branch leaves because the trip's limit is a look, the block behind it runs record by record up to the
// instruction where the look is, the vCPU is sampled there, and the trip goes on up to the next look or its end. Whatever is not usual leaves, and TypeScript looks.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { S, STATE } from '../../x86/layout';
import { MICRO_COUNT, Micro } from '../handlers';
import { Exit, ExitCell, LookCell, NO_STI, QUICK_END_NS, QUICK_STI, R, RECORD_SIZE, SAMPLE, SampleHead, Slot } from '../record';

interface LookParts {
  /** Of a record's own handler. */
  ownType: number;
  /** Runs a Micro.address64. */
  address(f: Code, record: Local): void;
}

/** () → 1: sampled, and the trip's limit is where it ends next; 0: nothing was done. */
export function buildTakeLook(module: ModuleBuilder, sample: number): number {
  const { index, code: f } = module.func([], ['i32']);
  const [at, length, added, slack] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const cell = (offset: number): Code => f.i32(0).mem('i32.load', offset);
  const add = (offset: number, push: () => Code): void => {
    f.i32(0).i32(0).mem('i32.load', offset);
    push().op('i32.add').mem('i32.store', offset);
  };
  cell(LookCell.count);
  cell(LookCell.stride).op('i32.mul').i32(SAMPLE).op('i32.add').set(at);
  f.i32(STATE);
  cell(LookCell.stackBytes).get(at).i32(SampleHead.bytes).op('i32.add').call(sample).tee(length).i32(0).op('i32.lt_s').if();
  f.i32(0).op('return').end();
  f.get(at).get(length).mem('i32.store', SampleHead.length);
  f.get(at);
  cell(STATE + S.cpl).mem('i32.store', SampleHead.cpl);
  f.get(at);
  cell(STATE + S.mode).mem('i32.store', SampleHead.mode);
  cell(LookCell.behindNs);
  cell(LookCell.everyNs);
  cell(LookCell.behindNs);
  cell(LookCell.everyNs).op('i32.lt_s', 'select').set(added);
  const moved = (): Code => f.get(added);
  add(LookCell.count, () => f.i32(1));
  add(LookCell.behindNs, () => f.i32(0).get(added).op('i32.sub'));
  add(LookCell.addedNs, moved);
  add(Slot.remaining, moved);
  f.i32(0).i32(0).mem('f64.load', QUICK_END_NS).get(added).op('f64.convert_i32_s', 'f64.add').mem('f64.store', QUICK_END_NS);
  cell(QUICK_STI).i32(NO_STI).op('i32.ne').if();
  add(QUICK_STI, moved);
  f.end();
  f.i32(0);
  cell(LookCell.behindNs).i32(0).op('i32.gt_s');
  cell(LookCell.count);
  cell(LookCell.room).op('i32.lt_u', 'i32.and').mem('i32.store', LookCell.open);
  // At the last one: up to the next, the limit can be put off.
  cell(LookCell.behindNs).op('i32.eqz').if();
  cell(LookCell.everyNs).get(added).op('i32.sub').set(slack);
  cell(LookCell.farNs).get(slack);
  cell(LookCell.farNs).get(slack).op('i32.lt_s', 'select').set(slack);
  add(LookCell.farNs, () => f.i32(0).get(slack).op('i32.sub'));
  for (const more of [ExitCell.slackNs, LookCell.slackNs]) add(more, () => f.get(slack));
  f.end();
  f.i32(1);
  return index;
}

/** (first record of the block at Slot.ripBase, fast TLB, instructions of it before the look) → the record to go on at, or an exit with Exit.flag. */
export function buildLookInBlock(module: ModuleBuilder, { ownType, address }: LookParts, takeLook: number): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32'], ['i32']);
  const [record, tlb, before] = [0, 1, 2];
  const [op, next, old] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const leaves: Label = f.block();
  const run = f.loop();
  f.get(record).mem('i32.load8_u', R.k).get(before).op('i32.ge_u').if();
  f.i32(0).i32(0).mem('i64.load', Slot.ripBase).get(record).i32(RECORD_SIZE).op('i32.sub').mem('i64.load16_u', R.ipNext);
  f.op('i64.add').mem('i64.store', STATE + S.rip);
  const remaining = (): Code => f.i32(0).mem('i32.load', Slot.remaining);
  remaining().set(old);
  f.call(takeLook).op('i32.eqz').brIf(leaves);
  remaining().i32(0).op('i32.ge_s').if();
  f.get(record).op('return').end();
  // The next one, or the trip's end, is in the block, too.
  f.i32(0).mem('i32.load', LookCell.open).op('i32.eqz').brIf(leaves);
  f.get(before);
  remaining().get(old).op('i32.sub', 'i32.add').set(before).br(run);
  f.end();
  f.get(record).i32(RECORD_SIZE).op('i32.add').set(next);
  f.get(record).mem('i32.load16_u', R.plainOp).tee(op).i32(Micro.address64).op('i32.eq').if();
  address(f, record);
  f.get(next).set(record).br(run).end();
  f.get(op).i32(MICRO_COUNT).op('i32.lt_u').brIf(leaves);
  f.get(record).get(tlb).get(op).i32(MICRO_COUNT).op('i32.sub').callIndirect(ownType).tee(record);
  f.get(next).op('i32.eq').brIf(run);
  // A branch was taken, or the handler leaves.
  f.get(record).op('return');
  f.end();
  f.end();
  f.get(record).i32(Exit.flag).op('i32.or');
  return index;
}
