// CPUID as the interpreter answers it itself: an exit whose answer is known (run/cpuid-table.ts) and of which nobody has to be told at once. Whatever is not so is
// refused before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import { CPUID_ENTRIES, CPUID_STRIDE, CPUID_TABLE, CpuidEntry, ExitCell, QUICK_ALLOWED, QuickAllowed } from '../record';
import { gprSlot } from '../slots';
import { ExitLogEmitter } from './exit-log-emitter';

const RESULTS = [
  [Gpr.rax, CpuidEntry.eax],
  [Gpr.rbx, CpuidEntry.ebx],
  [Gpr.rcx, CpuidEntry.ecx],
  [Gpr.rdx, CpuidEntry.edx],
] as const;

/** (record) → 1: done; 0: nothing has happened. */
export function buildCpuid(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new CpuidEmitter(code, new ExitLogEmitter(code, 0, 'cpuid')).emit();
  return index;
}

class CpuidEmitter {
  private readonly leaf: Local;
  private readonly subleaf: Local;
  private readonly entry: Local;

  constructor(
    private readonly f: Code,
    private readonly log: ExitLogEmitter,
  ) {
    [this.leaf, this.subleaf, this.entry] = [f.local('i32'), f.local('i32'), f.local('i32')];
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }

  /** The function's body. */
  emit(): void {
    const { f, leaf, subleaf, entry, log } = this;
    const helper = f.block();
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.cpuid).op('i32.and', 'i32.eqz').brIf(helper);
    this.state(S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz');
    this.state(S.pmuActive).op('i32.or').brIf(helper);
    log.check(helper);
    f.i32(0).mem('i32.load', gprSlot(Gpr.rcx)).tee(subleaf).i32(5).op('i32.shl');
    f.i32(0).mem('i32.load', gprSlot(Gpr.rax)).tee(leaf).get(leaf).i32(25).op('i32.shr_u', 'i32.xor', 'i32.xor');
    f.i32(CPUID_ENTRIES - 1)
      .op('i32.and')
      .i32(CPUID_STRIDE)
      .op('i32.mul')
      .i32(CPUID_TABLE)
      .op('i32.add')
      .set(entry);
    this.unlessEqual(CpuidEntry.leaf, leaf, helper);
    this.unlessEqual(CpuidEntry.subleaf, subleaf, helper);
    f.get(entry).mem('i32.load', CpuidEntry.generation).i32(0).mem('i32.load', ExitCell.cpuidGeneration).op('i32.ne').brIf(helper);
    log.emit([
      () => f.get(leaf).op('i64.extend_i32_u'),
      () => f.get(subleaf).op('i64.extend_i32_u'),
      undefined,
      () => f.get(entry).mem('i64.load32_u', CpuidEntry.eax),
    ]);
    for (const [register, field] of RESULTS) f.i32(0).get(entry).mem('i64.load32_u', field).mem('i64.store', gprSlot(register));
    f.i32(1).op('return').end().i32(0);
  }
  private unlessEqual(field: number, value: Local, helper: Label): void {
    this.f.get(this.entry).mem('i32.load', field).get(value).op('i32.ne').brIf(helper);
  }
}
