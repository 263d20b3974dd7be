// A look at a run (CpuEngine.onLook) without TypeScript: where a branch leaves because the trip's limit is a look, the block behind it runs record by record up to the
// instruction where the look is, the vCPU is sampled there, and the trip goes on up to the next look or its end. Whatever is not usual leaves, and TypeScript looks.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { S, STATE } from '../../x86/layout';
import { MICRO_COUNT, Micro } from '../handlers';
import { Exit, ExitCell, LookCell, NO_STI, QUICK_END_NS, QUICK_STI, R, RECORD_SIZE, SampleHead, Slot } from '../record';
import { UNSAMPLED } from '../sample-emitter';

interface LookParts {
  /** Of a record's own handler. */
  ownType: number;
  /** Runs a Micro.address64. */
  address(f: Code, record: Local): void;
}

const cell = (f: Code, offset: number): Code => f.i32(0).mem('i32.load', offset);
/** Adds what is pushed to a cell. */
export function emitAdd(f: Code, offset: number, push: () => unknown): void {
  f.i32(0).i32(0).mem('i32.load', offset);
  push();
  f.op('i32.add').mem('i32.store', offset);
}

/** What there is before a sample at `at`. */
export function emitSampleHead(f: Code, at: Local, length: Local, exitBytes: number): void {
  f.get(at).get(length).mem('i32.store', SampleHead.length);
  f.get(at);
  cell(f, STATE + S.cpl).mem('i32.store', SampleHead.cpl);
  f.get(at);
  cell(f, STATE + S.mode).mem('i32.store', SampleHead.mode);
  f.get(at).i32(exitBytes).mem('i32.store', SampleHead.exitBytes);
}

/** One more waits. `length`: what `sample` gave; pushed: bytes of the exit. */
export function emitSampled(f: Code, length: Local, exitBytes: () => Code): void {
  emitAdd(f, LookCell.count, () => f.i32(1));
  emitAdd(f, LookCell.at, () => {
    f.i32(SampleHead.bytes);
    cell(f, LookCell.stride).get(length).i32(UNSAMPLED).op('i32.lt_s', 'select');
    exitBytes().op('i32.add');
  });
}

/** (virtual ns from this look to the next or to where the trip ends; what `sample` gave; bytes of the exit) → the trip goes on behind this look. Its limit is the caller's. */
export function buildPassLook(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32'], []);
  const [added, length, exitBytes] = [0, 1, 2];
  const slack = f.local('i32');
  const moved = (): Code => f.get(added);
  emitSampled(f, length, () => f.get(exitBytes));
  emitAdd(f, LookCell.behindNs, () => f.i32(0).get(added).op('i32.sub'));
  emitAdd(f, LookCell.addedNs, moved);
  cell(f, QUICK_STI).i32(NO_STI).op('i32.ne').if();
  emitAdd(f, QUICK_STI, moved);
  f.end();
  f.i32(0);
  cell(f, LookCell.behindNs).i32(0).op('i32.gt_s');
  cell(f, LookCell.at);
  cell(f, LookCell.lastAt).op('i32.le_u', 'i32.and').mem('i32.store', LookCell.open);
  // At the last one: up to the next, the limit can be put off.
  cell(f, LookCell.behindNs).op('i32.eqz').if();
  cell(f, LookCell.everyNs).get(added).op('i32.sub').set(slack);
  cell(f, LookCell.farNs).get(slack);
  cell(f, LookCell.farNs).get(slack).op('i32.lt_s', 'select').set(slack);
  emitAdd(f, LookCell.farNs, () => f.i32(0).get(slack).op('i32.sub'));
  for (const more of [ExitCell.slackNs, LookCell.slackNs]) emitAdd(f, more, () => f.get(slack));
  f.end();
  return index;
}

/** Pushes how far it is from the look at the limit to the next one, or to where the trip ends. */
export function emitToNextLook(f: Code): Code {
  cell(f, LookCell.behindNs);
  cell(f, LookCell.everyNs);
  cell(f, LookCell.behindNs);
  return cell(f, LookCell.everyNs).op('i32.lt_s', 'select');
}

/** Moves the trip's limit by the i32 that is pushed. */
export function emitMoveLimit(f: Code, push: () => Code): void {
  emitAdd(f, Slot.remaining, push);
  f.i32(0).i32(0).mem('f64.load', QUICK_END_NS);
  push().op('f64.convert_i32_s', 'f64.add').mem('f64.store', QUICK_END_NS);
}

/** () → 1: sampled, and the trip's limit is where it ends next; 0: nothing was done. */
export function buildTakeLook(module: ModuleBuilder, sample: number, passLook: number): number {
  const { index, code: f } = module.func([], ['i32']);
  const [at, length, added] = [f.local('i32'), f.local('i32'), f.local('i32')];
  cell(f, LookCell.at).set(at);
  f.i32(STATE);
  cell(f, LookCell.stackBytes).get(at).i32(SampleHead.bytes).op('i32.add').i32(0).call(sample).tee(length).i32(UNSAMPLED).op('i32.eq').if();
  f.i32(0).op('return').end();
  emitSampleHead(f, at, length, 0);
  emitToNextLook(f).tee(added).get(length).i32(0).call(passLook);
  emitMoveLimit(f, () => f.get(added));
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
