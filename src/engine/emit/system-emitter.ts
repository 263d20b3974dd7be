// SWAPGS, the bases of FS and GS, RDPKRU and LDMXCSR in 64-bit mode, as the interpreter runs them itself where they are no exits and do not fault; CLAC and STAC at
// CPL 0. Whatever is not so is refused before any change, and the helper runs.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, Seg, SegmentField, STATE } from '../../x86/layout';
import { Cr4, Rflags } from '../../x86/system/bits';
import { MXCSR_MASK } from '../../x86/system/legacy-image';
import { QUICK_ALLOWED, QuickAllowed, R, TLB_BYTES } from '../record';
import { gprSlot } from '../slots';
import { Header, MmuIndex, RUNNING_TLB } from '../tlb-layout';
import { segmentAt, TransferEmitter, type TransferFunctions } from './transfer-emitter';

/** R.scale of a base's record: it is written; all 64 bits count. */
export const BASE_WRITTEN = 1;
export const BASE_WIDE = 2;
/** R.scale of CLAC's and STAC's: it is set. */
export const ACCESS_SET = 1;

const FSGSBASE = Number(Cr4.FSGSBASE);
const PKE = Number(Cr4.PKE);
const SMAP = Number(Cr4.SMAP);
const AC = Number(Rflags.AC);
const GS_BASE = segmentAt(Seg.gs) + SegmentField.base;
const KERNEL_GS_BASE = STATE + S.kernelGsBase;

const state = (f: Code, field: number): Code => f.i32(0).mem('i32.load', STATE + field);
const scale = (f: Code, bit: number): Code => f.get(0).mem('i32.load8_u', R.scale).i32(bit).op('i32.and');

/** Refuses where the bit is not allowed, and outside 64-bit mode. */
export function emitRefusal(f: Code, bit: number, helper: number): void {
  f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(bit).op('i32.and', 'i32.eqz');
  state(f, S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz', 'i32.or').brIf(helper);
}

/** (record) → 1: done; 0: nothing has happened. */
export function buildSwapGs(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const base = f.local('i64');
  const helper = f.block();
  emitRefusal(f, QuickAllowed.swapgs, helper);
  state(f, S.cpl).brIf(helper);
  f.i32(0).mem('i64.load', GS_BASE).set(base);
  f.i32(0).i32(0).mem('i64.load', KERNEL_GS_BASE).mem('i64.store', GS_BASE);
  f.i32(0).get(base).mem('i64.store', KERNEL_GS_BASE);
  f.i32(1).op('return').end().i32(0);
  return index;
}

/** The same, of RDFSBASE, RDGSBASE, WRFSBASE and WRGSBASE. R.a: slot of the register; R.b: where the base is; R.scale. */
export function buildSegmentBase(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const value = f.local('i64');
  const helper = f.block();
  emitRefusal(f, QuickAllowed.plain, helper);
  state(f, S.cr4).i32(FSGSBASE).op('i32.and', 'i32.eqz').brIf(helper);
  f.get(0).mem('i32.load', R.a).get(0).mem('i32.load', R.b);
  scale(f, BASE_WRITTEN).op('select').mem('i64.load').i64(-1).i64(0xffff_ffff);
  scale(f, BASE_WIDE).op('select', 'i64.and').set(value);
  scale(f, BASE_WRITTEN).if();
  // Canonical for any processor.
  f.get(value).i64(47).op('i64.shr_s').i64(1).op('i64.add').i64(1).op('i64.gt_u').brIf(helper);
  f.end();
  f.get(0).mem('i32.load', R.b).get(0).mem('i32.load', R.a);
  scale(f, BASE_WRITTEN).op('select').get(value).mem('i64.store');
  f.i32(1).op('return').end().i32(0);
  return index;
}

/** The same, of RDPKRU. */
export function buildProtectionKeys(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const helper = f.block();
  emitRefusal(f, QuickAllowed.plain, helper);
  state(f, S.cr4).i32(PKE).op('i32.and', 'i32.eqz');
  f.i32(0).mem('i32.load', gprSlot(Gpr.rcx)).op('i32.or').brIf(helper);
  f.i32(0)
    .i32(0)
    .mem('i64.load', STATE + S.pkru)
    .mem('i64.store', gprSlot(Gpr.rax));
  f.i32(0).i64(0).mem('i64.store', gprSlot(Gpr.rdx));
  f.i32(1).op('return').end().i32(0);
  return index;
}

/** (record, fast TLB) → 1 or 0, of LDMXCSR. R.b, R.x, R.scale, R.disp: the address as of other instructions. */
export function buildLoadMxcsr(module: ModuleBuilder, functions: TransferFunctions): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  new LoadMxcsrEmitter(code, 1, functions).emit();
  return index;
}

class LoadMxcsrEmitter extends TransferEmitter {
  emit(): void {
    const { f, linear } = this;
    const value: Local = f.local('i32');
    const helper = f.block();
    emitRefusal(f, QuickAllowed.plain, helper);
    f.get(0).mem('i32.load', R.b).mem('i64.load');
    f.get(0).mem('i32.load', R.x).mem('i64.load').get(0).mem('i64.load8_u', R.scale).op('i64.shl', 'i64.add');
    f.get(0).mem('i64.load32_s', R.disp).op('i64.add').set(linear);
    this.findCurrent(linear);
    this.place(linear, 4, helper).mem('i32.load').tee(value).i32(~MXCSR_MASK).op('i32.and').brIf(helper);
    f.i32(0)
      .get(value)
      .mem('i32.store', STATE + S.mxcsr);
    f.i32(1).op('return').end().i32(0);
  }
}

/** (record, fast TLB) → the fast TLB from now on; 0: nothing has happened. The block at what follows is of another mode. */
export function buildAccessFlag(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const mode = f.local('i32');
  const helper = f.block();
  emitRefusal(f, QuickAllowed.plain, helper);
  state(f, S.cpl).brIf(helper);
  f.i32(0);
  state(f, S.rflags).i32(~AC).op('i32.and');
  f.i32(AC).i32(0);
  scale(f, ACCESS_SET)
    .op('select', 'i32.or')
    .mem('i32.store', STATE + S.rflags);
  f.i32(0);
  state(f, S.mode).i32(~ModeBit.smap).op('i32.and').tee(mode);
  f.i32(ModeBit.smap).i32(0);
  state(f, S.cr4).i32(SMAP).op('i32.and').i32(0).op('i32.ne');
  f.get(mode).i32(ModeBit.paging).op('i32.and').i32(0).op('i32.ne', 'i32.and');
  scale(f, ACCESS_SET)
    .op('i32.eqz', 'i32.and', 'select', 'i32.or')
    .tee(mode)
    .mem('i32.store', STATE + S.mode);
  f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast);
  f.i32(MmuIndex.smap * TLB_BYTES).i32(MmuIndex.supervisor * TLB_BYTES);
  f.get(mode).i32(ModeBit.smap).op('i32.and', 'select', 'i32.add', 'return');
  f.end().i32(0);
  return index;
}
