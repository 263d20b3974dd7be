// The stack outside 64-bit mode, and by 16 bits.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import { ACCESS_WRITE } from '../access-info';
import { emitDisown } from '../jit/page-cache';
import { Tlb } from '../record';
import { emitFastEntryOffset } from '../tlb-index';

/** Stack access of a record outside 64-bit mode, or of 16 bits: (offset, info, record, tlb) → host address or 0. */
export function buildStack(module: ModuleBuilder, access: number, slow: number): number {
  const { index, code: f } = module.func(['i64', 'i32', 'i32', 'i32'], ['i32']);
  const [offset, info, record] = [0, 1, 2];
  const mode = f.local('i32');
  const va = f.local('i64');
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .set(mode);
  f.i32(0)
    .mem('i64.load', STATE + S.gpr + Gpr.rsp * 8)
    .get(offset)
    .op('i64.add')
    .set(va);
  f.get(mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz').if();
  f.get(mode).i32(ModeBit.flat).op('i32.and', 'i32.eqz').if();
  emitDisown(f);
  f.get(offset).op('i32.wrap_i64').get(info).get(record).call(slow).op('return').end();
  f.get(va).i64(0xffffffff).i64(0xffff).get(mode).i32(ModeBit.stack32).op('i32.and', 'select', 'i64.and').set(va);
  f.end();
  emitTranslate(f, va, info, record, access);
  return index;
}

function emitTranslate(f: Code, va: Local, info: Local, record: Local, access: number): void {
  const entry = f.local('i32');
  emitFastEntryOffset(f, () => f.get(va).op('i32.wrap_i64'));
  f.get(3).op('i32.add').set(entry);
  f.get(entry).mem('i64.load', Tlb.write).get(entry).mem('i64.load', Tlb.read).get(info).i32(ACCESS_WRITE).op('i32.and', 'select');
  f.get(va).get(info).i32(0xffff).op('i32.and').i32(1).op('i32.sub', 'i64.extend_i32_u', 'i64.add').i64(-4096).op('i64.and', 'i64.ne').if();
  f.get(va).get(info).get(record).call(access).op('return').end();
  f.get(va).op('i32.wrap_i64').get(entry).mem('i32.load', Tlb.addend).op('i32.add');
}
