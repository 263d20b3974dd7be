// Stores of an immediate of decoded code (immediates.ts), in WebAssembly: where TypeScript has found out lately which record has it, the store goes to the buffer of
// bounced ones and from there into both.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { ACCESS_MODIFY } from '../access-info';
import { IMMEDIATE_BYTES } from '../immediates';
import { BOUNCE, FRAME_BLOCKS, H, R } from '../record';
import { BlockCell, CLOSED, IMMEDIATE_STRIDE, IMMEDIATES, ImmediateEntry, MOST_IMMEDIATES } from './layout';

/** Pushes the entry of an offset in memory, less IMMEDIATES. */
function emitEntry(f: Code, offset: Local): Code {
  return f
    .get(offset)
    .i32(MOST_IMMEDIATES - 1)
    .op('i32.and')
    .i32(IMMEDIATE_STRIDE)
    .op('i32.mul');
}

/** (offset in memory, info) → BOUNCE where the store is of an immediate that is known, or 0. */
export function buildImmediateStore(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const [offset, info] = [0, 1];
  const entry = f.local('i32');
  const out = f.block();
  f.get(info).i32(0xffff).op('i32.and').i32(IMMEDIATE_BYTES).op('i32.ne');
  f.i32(0).mem('i32.load', BlockCell.trip).i32(CLOSED).op('i32.eq', 'i32.or');
  emitEntry(f, offset)
    .tee(entry)
    .mem('i32.load', IMMEDIATES + ImmediateEntry.offset)
    .get(offset)
    .op('i32.ne', 'i32.or')
    .brIf(out);
  f.get(entry).mem('i32.load', IMMEDIATES + ImmediateEntry.newest);
  f.get(offset).i32(12).op('i32.shr_u').i32(2).op('i32.shl').mem('i32.load', FRAME_BLOCKS).op('i32.ne').brIf(out);
  f.get(info).i32(ACCESS_MODIFY).op('i32.and').if();
  f.i32(0).get(offset).mem('i32.load', 0).mem('i32.store', BOUNCE);
  f.end();
  f.i32(0).get(offset).mem('i32.store', BlockCell.storing);
  f.i32(BOUNCE).op('return');
  f.end();
  f.i32(0);
  return index;
}

/** The `commit` of bounced stores: (record). */
export function buildCommit(module: ModuleBuilder, slow: number): number {
  const { index, code: f } = module.func(['i32'], []);
  const [offset, entry, value] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.i32(0).mem('i32.load', BlockCell.storing).tee(offset).op('i32.eqz').if();
  f.get(0).call(slow).op('return').end();
  f.i32(0).i32(0).mem('i32.store', BlockCell.storing);
  f.i32(0).mem('i32.load', BOUNCE).set(value);
  f.get(offset).get(value).mem('i32.store', 0);
  emitEntry(f, offset)
    .tee(entry)
    .mem('i32.load', IMMEDIATES + ImmediateEntry.record)
    .get(value)
    .mem('i32.store', R.imm);
  f.get(entry)
    .mem('i32.load', IMMEDIATES + ImmediateEntry.header)
    .i32(1)
    .mem('i32.store8', H.changed);
  return index;
}
