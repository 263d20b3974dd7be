// CPUID as the interpreter answers it itself: an exit whose answer is known (run/cpuid-table.ts) and of which nobody has to be told at once. Whatever is not so is
// refused before any change, and the helper runs.
import { RecordField } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import { CPUID_ENTRIES, CPUID_STRIDE, CPUID_TABLE, CpuidEntry, ExitCell, QUICK_ALLOWED, QuickAllowed } from '../record';
import { gprSlot } from '../slots';
import { ExitLogEmitter } from './exit-log-emitter';

/** (record) → 1: done; 0: nothing has happened. */
export function buildCpuid(module: ModuleBuilder, handOver: number): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new CpuidEmitter(code, new ExitLogEmitter(code, 0, 'cpuid', handOver)).emit();
  return index;
}

class CpuidEmitter {
  private readonly key: Local;
  private readonly entry: Local;

  constructor(
    private readonly f: Code,
    private readonly log: ExitLogEmitter,
  ) {
    [this.key, this.entry] = [f.local('i64'), f.local('i32')];
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }

  /** The function's body. */
  emit(): void {
    const { f, entry, log } = this;
    const helper = f.block();
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.cpuid).op('i32.and', 'i32.eqz').brIf(helper);
    this.state(S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz');
    this.state(S.pmuActive).op('i32.or').brIf(helper);
    this.find(helper);
    log.check(helper);
    log.emit(
      (at) => {
        for (const part of [0, 16])
          f.get(at)
            .get(entry)
            .simdMem('v128.load', CpuidEntry.fields + part)
            .simdMem('v128.store', RecordField.fields + 8 + part);
      },
      () => f.get(entry).op('i64.extend_i32_u'),
    );
    this.answer();
    f.i32(1).op('return').end().i32(0);
  }

  private find(helper: Label): void {
    const { f, key, entry } = this;
    f.i32(0).mem('i64.load32_u', gprSlot(Gpr.rax)).i32(0).mem('i64.load32_u', gprSlot(Gpr.rcx)).i64(32).op('i64.shl', 'i64.or').set(key);
    f.get(key).get(key).i64(27).op('i64.shr_u', 'i64.xor', 'i32.wrap_i64');
    f.i32(CPUID_ENTRIES - 1)
      .op('i32.and')
      .i32(CPUID_STRIDE)
      .op('i32.mul')
      .i32(CPUID_TABLE)
      .op('i32.add')
      .tee(entry);
    f.mem('i64.load', CpuidEntry.leaf).get(key).op('i64.ne').brIf(helper);
    f.get(entry).mem('i32.load', CpuidEntry.generation).i32(0).mem('i32.load', ExitCell.cpuidGeneration).op('i32.ne').brIf(helper);
  }

  /** RAX, RCX, RDX and RBX are neighbours in the state as in the entry. */
  private answer(): void {
    const { f, entry } = this;
    for (const half of ['low', 'high'] as const)
      f.i32(0)
        .get(entry)
        .simdMem('v128.load', CpuidEntry.eax)
        .simd(`i64x2.extend_${half}_i32x4_u`)
        .simdMem('v128.store', gprSlot(half === 'low' ? Gpr.rax : Gpr.rdx));
  }
}
