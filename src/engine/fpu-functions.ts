// What every x87 and MMX handler does around its operation, as functions of the interpreter's module: last-instruction pointers, the entry into MMX.
import type { ModuleBuilder } from '../wasm/module';
import { S, SEGMENT_STRIDE, Seg, STATE } from '../x86/layout';
import { R, Slot } from './record';
import { selectorSlot } from './slots';

/** Fields of an x87 instruction's record, in R.link (see the block builder). */
export const FpuPlace = { opcodeMask: 0x7ff, segmentShift: 16, segmentMask: 7, lengthShift: 24 } as const;

/** Operation number of a wait with an exception pending. */
export const FPU_PENDING = -1;
/** Results of a call: the memory operand or the flags are written, or left as they are. Of a wait: the instruction does not run, or runs nevertheless (IGNNE#). */
export const FpuDone = { stored: 1, left: 2, ignored: 3 } as const;

const STATUS_TOP = 0x3800;

/** (record): FIP and FCS (SDM vol 1 ch. 8.1.8). */
function codePointer(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], []);
  const record = 0;
  f.i32(0);
  f.i32(0).mem('i64.load', Slot.ripBase);
  f.get(record).mem('i32.load16_u', R.ipNext).get(record).mem('i32.load', R.link).i32(FpuPlace.lengthShift).op('i32.shr_u', 'i32.sub');
  f.op('i64.extend_i32_u', 'i64.add').mem('i64.store', STATE + S.fip);
  f.i32(0)
    .i32(0)
    .mem('i32.load16_u', selectorSlot(Seg.cs))
    .mem('i32.store16', STATE + S.fpSegments);
  return index;
}

/** (record, linear address): FDP and FDS. */
function dataPointer(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32', 'i64'], []);
  const [record, linear] = [0, 1];
  f.i32(0)
    .get(linear)
    .get(record)
    .mem('i32.load', R.imm)
    .mem('i64.load')
    .op('i64.sub')
    .mem('i64.store', STATE + S.fdp);
  f.i32(0);
  f.get(record).mem('i32.load', R.link).i32(FpuPlace.segmentShift).op('i32.shr_u').i32(FpuPlace.segmentMask).op('i32.and');
  f.i32(SEGMENT_STRIDE)
    .op('i32.mul')
    .mem('i32.load16_u', selectorSlot(0))
    .mem('i32.store16', STATE + S.fpSegments + 2);
  return index;
}

/** TOP 0, all registers valid (SDM vol 1 ch. 9.5.1). */
function enterMmx(module: ModuleBuilder): number {
  const { index, code: f } = module.func([], []);
  f.i32(0)
    .i32(0)
    .mem('i32.load', STATE + S.fsw)
    .i32(~STATUS_TOP)
    .op('i32.and')
    .mem('i32.store', STATE + S.fsw);
  f.i32(0)
    .i32(0xff)
    .mem('i32.store', STATE + S.ftw);
  return index;
}

export interface FpuFunctions {
  codePointer: number;
  dataPointer: number;
  enterMmx: number;
}
export const buildFpuFunctions = (module: ModuleBuilder): FpuFunctions => ({
  codePointer: codePointer(module),
  dataPointer: dataPointer(module),
  enterMmx: enterMmx(module),
});
