// Whether a sample is of a stack that its reader knows (stack-table.ts): the registers that it is followed by and the bytes that count are as they were.
import type { ModuleBuilder } from '../../wasm/module';
import { ModeBit, S, SEGMENT_STRIDE, SegmentField } from '../../x86/layout';
import { STACK_PLACE_SHIFT, STACK_PLACES, STACK_TABLE, StackEntry } from '../record';

const WORD = 8;
const [RSP, RBP] = [S.gpr + 4 * WORD, S.gpr + 5 * WORD];
const CS = S.segments + SEGMENT_STRIDE + SegmentField.selector;

/** (state, bytes before RIP) → the entry of STACK_TABLE with the same registers, or 0. */
export function buildFindStack(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const [state, back] = [0, 1];
  const [entry, low, rip] = [f.local('i32'), f.local('i32'), f.local('i64')];
  const differ = f.block();
  f.get(state).mem('i64.load', S.rip).get(back).op('i64.extend_i32_u', 'i64.sub').tee(rip).op('i32.wrap_i64').tee(low);
  f.get(low).i32(STACK_PLACE_SHIFT).op('i32.shr_u', 'i32.xor');
  f.i32(STACK_PLACES - 1)
    .op('i32.and')
    .i32(2)
    .op('i32.shl')
    .mem('i32.load', STACK_TABLE)
    .tee(entry)
    .op('i32.eqz')
    .brIf(differ);
  f.get(rip).get(entry).mem('i64.load', StackEntry.rip).op('i64.ne').brIf(differ);
  for (const [field, to] of [
    [RSP, StackEntry.rsp],
    [RBP, StackEntry.rbp],
    [S.cr3, StackEntry.cr3],
  ] as const)
    f.get(state).mem('i64.load', field).get(entry).mem('i64.load', to).op('i64.ne').brIf(differ);
  for (const [field, to] of [
    [CS, StackEntry.cs],
    [S.cpl, StackEntry.cpl],
  ] as const)
    f.get(state).mem('i32.load', field).get(entry).mem('i32.load', to).op('i32.ne').brIf(differ);
  f.get(state).mem('i32.load', S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz').brIf(differ);
  f.get(entry).op('return').end();
  f.i32(0);
  return index;
}

/** (entry, where a piece of the stack is in memory, bytes from RSP to it, bytes of it) → 1: those of them that count are as the entry has them. Whole words. */
export function buildIsSameStack(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32']);
  const [entry, piece, before, length] = [0, 1, 2, 3];
  const left = f.local('i32');
  f.get(entry)
    .mem('i32.load', StackEntry.reach)
    .get(before)
    .op('i32.sub')
    .tee(left)
    .get(length)
    .get(left)
    .get(length)
    .op('i32.lt_s', 'select')
    .set(left);
  f.get(entry).get(before).op('i32.add').set(before);
  // From the last word to the first.
  const words = f.loop();
  f.get(left).i32(0).op('i32.le_s').if();
  f.i32(1).op('return').end();
  f.get(left).i32(WORD).op('i32.sub').set(left);
  f.get(piece).get(left).op('i32.add').mem('i64.load').get(before).get(left).op('i32.add').mem('i64.load', StackEntry.bytes);
  f.op('i64.eq').brIf(words);
  f.end();
  f.i32(0);
  return index;
}
