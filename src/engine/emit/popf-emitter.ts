// POPFQ at CPL 0 in 64-bit mode, as the interpreter runs it itself where it is no exit: with nothing waiting that it might let in, and no change of TF or AC, which
// are of the mode. Whatever is not so is refused before any change, and the helper runs.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, S } from '../../x86/layout';
import { Rflags } from '../../x86/system/bits';
import { POPF_ALWAYS } from '../../x86/system/flag-ops';
import { QuickAllowed } from '../record';
import { gprSlot } from '../slots';
import { emitRefusal } from './system-emitter';
import { TransferEmitter, type TransferFunctions } from './transfer-emitter';

const POPPED = Number(POPF_ALWAYS | Rflags.IF | Rflags.IOPL);
const CLEARED = Number(Rflags.VIP | Rflags.VIF | Rflags.RF);
const OF_MODE = Number(Rflags.TF | Rflags.AC);

/** (record, fast TLB) → 1: done; 0: nothing has happened. */
export function buildPopf(module: ModuleBuilder, functions: TransferFunctions): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  new PopfEmitter(code, functions).emit();
  return index;
}

class PopfEmitter extends TransferEmitter {
  private readonly rflags: Local;

  constructor(f: Code, functions: TransferFunctions) {
    super(f, 1, functions);
    this.rflags = f.local('i32');
  }

  emit(): void {
    const { f, linear, rflags } = this;
    const helper = f.block();
    emitRefusal(f, QuickAllowed.popf, helper);
    this.state(S.cpl);
    this.state(S.intrPending).op('i32.or');
    this.state(S.nmiPending).op('i32.or').brIf(helper);
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).set(linear);
    this.findCurrent(linear);
    this.place(linear, 8, helper).mem('i32.load').i32(POPPED).op('i32.and');
    this.state(S.rflags)
      .i32(~(POPPED | CLEARED))
      .op('i32.and', 'i32.or')
      .tee(rflags);
    this.state(S.rflags).op('i32.xor').i32(OF_MODE).op('i32.and').brIf(helper);
    this.setRflags(rflags);
    f.i32(0).get(linear).i64(8).op('i64.add').mem('i64.store', gprSlot(Gpr.rsp));
    f.i32(1).op('return').end().i32(0);
  }
}
