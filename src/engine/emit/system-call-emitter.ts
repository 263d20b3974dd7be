// SYSCALL at CPL 3 and SYSRETQ at CPL 0 in 64-bit mode, as the interpreter runs them itself: with nothing waiting and no single steps, to a block that is known.
// Whatever is not so is refused before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, S, Seg, SegmentField, STATE } from '../../x86/layout';
import { Efer, Rflags } from '../../x86/system/bits';
import { CODE64, DATA, FLAT_LIMIT, SYSRET_FLAGS } from '../../x86/system/syscall';
import { QuickAllowed, R, Slot } from '../record';
import { gprSlot } from '../slots';
import { Flag } from '../transfer-bits';
import { emitRefusal } from './system-emitter';
import { segmentAt, TransferEmitter, type TransferFunctions } from './transfer-emitter';

const SCE = Number(Efer.SCE);
const RF = Number(Rflags.RF);
const FIXED = Number(Rflags.fixed);
const USER = 3;
const USER_ACCESS = USER << 5;

interface SystemCallParts extends TransferFunctions {
  materialise: number;
}

/** (record, fast TLB) → record to go on at, with FAST_TLB; 0: nothing has happened but that lazy flags are in RFLAGS. */
export function buildSystemCall(module: ModuleBuilder, parts: SystemCallParts, returns: boolean): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  new SystemCallEmitter(code, parts, returns).emit();
  return index;
}

class SystemCallEmitter extends TransferEmitter {
  private readonly target: Local;
  private readonly rflags: Local;

  constructor(
    f: Code,
    private readonly parts: SystemCallParts,
    private readonly returns: boolean,
  ) {
    super(f, 1, parts);
    this.target = f.local('i64');
    this.rflags = f.local('i32');
  }

  emit(): void {
    const { f, returns, rflags, target } = this;
    const helper = f.block();
    emitRefusal(f, QuickAllowed.systemCall, helper);
    this.refuseModeAt(returns ? 0 : USER, [], helper);
    this.state(S.efer).i32(SCE).op('i32.and', 'i32.eqz');
    // The next instruction is fetched in this trip.
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.le_s', 'i32.or').brIf(helper);
    if (returns) this.readReturn(helper);
    else this.readCall();
    f.i32(1).set(this.crosses);
    this.findNext(target, rflags, () => f.i32(0).mem('i32.load', Slot.remaining), helper);
    f.i32(0).get(this.rest).mem('i32.store', Slot.remaining);
    if (!returns) {
      f.i32(0)
        .i32(0)
        .mem('i64.load32_u', STATE + S.rflags)
        .mem('i64.store', gprSlot(Gpr.r11));
      f.i32(0).i32(0).mem('i64.load', Slot.ripBase).get(0).mem('i64.load16_u', R.ipNext).op('i64.add').mem('i64.store', gprSlot(Gpr.rcx));
    }
    this.setRflags(rflags);
    f.i32(0).get(target).mem('i64.store', Slot.ripBase);
    this.setFlat(Seg.cs, returns ? 16 : 0, CODE64);
    this.setFlat(Seg.ss, 8, DATA);
    f.i32(0)
      .i32(returns ? USER : 0)
      .mem('i32.store', STATE + S.cpl);
    this.goOn();
    f.end().i32(0);
  }

  private readCall(): void {
    const { f } = this;
    f.call(this.parts.materialise);
    f.i32(0)
      .mem('i64.load', STATE + S.lstar)
      .set(this.target);
    this.state(S.fmask).i32(-1).op('i32.xor').i32(~RF).op('i32.and');
    this.state(S.rflags).op('i32.and').i32(FIXED).op('i32.or').set(this.rflags);
  }
  private readReturn(helper: Label): void {
    const { f, rflags, target } = this;
    f.i32(0).mem('i64.load', gprSlot(Gpr.rcx)).set(target);
    this.refuseNonCanonical(target, helper);
    f.i32(0)
      .mem('i32.load', gprSlot(Gpr.r11))
      .i32(Number(SYSRET_FLAGS) & ~RF)
      .op('i32.and')
      .i32(FIXED)
      .op('i32.or')
      .tee(rflags)
      .i32(Flag.TF | Flag.AC)
      .op('i32.and')
      .brIf(helper);
  }

  /** Of IA32_STAR's selector, so many bytes behind it. */
  private setFlat(segment: number, offset: number, access: number): void {
    const { f, returns } = this;
    this.setField(segment, SegmentField.selector, () => {
      f.i32(0).mem('i32.load16_u', STATE + S.star + (returns ? 6 : 4));
      if (!returns) f.i32(0xfffc).op('i32.and');
      f.i32(offset).op('i32.add');
      if (returns) f.i32(USER).op('i32.or');
      return f.i32(0xffff).op('i32.and');
    });
    this.setField(segment, SegmentField.access, () => f.i32(access | (returns ? USER_ACCESS : 0)));
    this.setField(segment, SegmentField.limit, () => f.i32(FLAT_LIMIT | 0));
    f.i32(0)
      .i64(0)
      .mem('i64.store', segmentAt(segment) + SegmentField.base);
  }
}
