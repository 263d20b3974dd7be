// A decoded block becomes one that is found, in WebAssembly: its header, and where it is listed (block-table.ts).
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { FRAME_BLOCKS, H, HASH_BASE, HASH_ENTRIES, HEADER_K, PLACES, R } from '../record';
import { CODE_LINES } from '../tlb-layout';
import { BlockCell } from './layout';

const LINE_SHIFT = 6;
const LINES = 63;

/** Pushes the place of an offset in memory in a table of HASH_ENTRIES words. */
export function emitPlace(f: Code, physical: Local): Code {
  f.get(physical).get(physical).i32(12).op('i32.shr_u', 'i32.xor');
  return f
    .i32(HASH_ENTRIES - 1)
    .op('i32.and')
    .i32(2)
    .op('i32.shl');
}

/** Puts a header before those that the word at `slot` + `table` leads to, which it then does by `field`. */
function emitList(f: Code, header: Local, slot: Local, table: number, field: number): void {
  f.get(header).get(slot).mem('i32.load', table).mem('i32.store', field);
  f.get(slot).get(header).mem('i32.store', table);
}

function emitCount(f: Code, cell: number): void {
  f.i32(0).i32(0).mem('i32.load', cell).i32(1).op('i32.add').mem('i32.store', cell);
}

/** Exports `addBlock`: (header, behind the last record, instructions, offset in memory, mode, bytes in its first page). */
export function buildAddBlock(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], [], 'addBlock');
  const [header, end, count, physical, mode, bytes] = [0, 1, 2, 3, 4, 5];
  const slot = f.local('i32');
  const first = f.local('i32');
  const word = (field: number, push: () => Code): void => {
    f.get(header);
    push().mem('i32.store', field);
  };
  word(H.count, () => f.get(count));
  word(H.physical, () => f.get(physical));
  word(H.mode, () => f.get(mode));
  word(H.end, () => f.get(end));
  word(R.ipNext, () => f.i32(HEADER_K << 24));
  word(H.second, () => f.i32(0));
  f.i32(0).get(end).mem('i32.store', BlockCell.cursor);
  emitCount(f, BlockCell.count);
  emitCount(f, BlockCell.decoded);
  emitPlace(f, physical).set(slot);
  emitList(f, header, slot, PLACES, H.next);
  f.get(slot).get(header).mem('i32.store', HASH_BASE);
  f.get(physical).i32(12).op('i32.shr_u').i32(2).op('i32.shl').set(slot);
  emitList(f, header, slot, FRAME_BLOCKS, H.inFrame);
  // Its lines: as many bits from the first on.
  f.get(slot).i32(1).op('i32.shl').tee(slot).get(slot).mem('i64.load', CODE_LINES);
  f.get(physical).i32(LINE_SHIFT).op('i32.shr_u').i32(LINES).op('i32.and').set(first);
  f.i64(2).get(physical).i32(4095).op('i32.and').get(bytes).op('i32.add').i32(1).op('i32.sub').i32(LINE_SHIFT).op('i32.shr_u');
  f.get(first).op('i32.sub', 'i64.extend_i32_u', 'i64.shl').i64(1).op('i64.sub').get(first).op('i64.extend_i32_u', 'i64.shl', 'i64.or');
  f.mem('i64.store', CODE_LINES);
  return index;
}
