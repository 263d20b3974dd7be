// CPUID as the interpreter answers it itself: an exit whose answer is known (run/cpuid-table.ts) and of which nobody has to be told at once. Its event is written
// as a trace record and its cost taken off the budget; QuickCells gives both to the host when the vCPU's time is settled. Whatever is not so is refused before any
// change, and the helper runs. Of the record, see emit/quick-emitter.ts.
import { RecordField, RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import {
  CPUID_ENTRIES,
  CPUID_STRIDE,
  CPUID_TABLE,
  CpuidEntry,
  EXIT_LOG,
  EXIT_LOG_RECORDS,
  ExitCell,
  QUICK_ALLOWED,
  QUICK_END_NS,
  QUICK_LATEST_NS,
  QuickAllowed,
  R,
  Slot,
} from '../record';
import { gprSlot } from '../slots';

const RESULTS = [
  [Gpr.rax, CpuidEntry.eax],
  [Gpr.rbx, CpuidEntry.ebx],
  [Gpr.rcx, CpuidEntry.ecx],
  [Gpr.rdx, CpuidEntry.edx],
] as const;

/** (record) → 1: done; 0: nothing has happened. */
export function buildCpuid(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new CpuidEmitter(code, 0).emit();
  return index;
}

class CpuidEmitter {
  private readonly leaf: Local;
  private readonly subleaf: Local;
  private readonly entry: Local;
  private readonly at: Local;
  private readonly leftNs: Local;
  private readonly ns: Local;

  constructor(
    private readonly f: Code,
    private readonly record: Local,
  ) {
    [this.leaf, this.subleaf, this.entry] = [f.local('i32'), f.local('i32'), f.local('i32')];
    [this.at, this.leftNs, this.ns] = [f.local('i32'), f.local('i32'), f.local('f64')];
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }
  /** Instructions that the trip has left, the one at hand included. */
  private left(): Code {
    return this.f.i32(0).mem('i32.load', Slot.remaining).get(this.record).mem('i32.load', R.imm).op('i32.add');
  }

  /** The function's body. */
  emit(): void {
    const { f, leaf, subleaf, entry, at, leftNs } = this;
    const helper = f.block();
    f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.cpuid).op('i32.and', 'i32.eqz').brIf(helper);
    this.state(S.mode).i32(ModeBit.code64).op('i32.and', 'i32.eqz');
    this.state(S.pmuActive).op('i32.or').brIf(helper);
    f.i32(0).mem('i32.load', ExitCell.count).tee(at).i32(EXIT_LOG_RECORDS).op('i32.ge_u').brIf(helper);
    // The budget covers the exit and the rest of the block: no event can be due in between.
    f.i32(0)
      .mem('i32.load', Slot.remaining)
      .i32(0)
      .mem('i32.load', ExitCell.costNs)
      .op('i32.sub')
      .tee(leftNs)
      .i32(0)
      .op('i32.lt_s')
      .brIf(helper);
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
    f.i32(0).get(at).i32(1).op('i32.add').mem('i32.store', ExitCell.count);
    f.get(at).i32(TRACE_RECORD_SIZE).op('i32.mul').i32(EXIT_LOG).op('i32.add').set(at);
    this.event();
    f.i32(0).get(leftNs).mem('i32.store', Slot.remaining);
    for (const [register, field] of RESULTS) f.i32(0).get(entry).mem('i64.load32_u', field).mem('i64.store', gprSlot(register));
    f.i32(1).op('return').end().i32(0);
  }
  private unlessEqual(field: number, value: Local, helper: Label): void {
    this.f.get(this.entry).mem('i32.load', field).get(value).op('i32.ne').brIf(helper);
  }
  /** The exit's record, and its end as the latest time that was told. */
  private event(): void {
    const { f, ns, leaf, subleaf, entry, at } = this;
    const fields = RecordField.fields;
    f.get(at).i32(0).mem('i64.load', ExitCell.head).mem('i64.store', RecordField.tag);
    f.get(at).i32(0).mem('i64.load', ExitCell.vcpu).mem('i64.store', RecordField.vcpu);
    f.get(at).i32(0).mem('f64.load', QUICK_END_NS);
    this.left().op('f64.convert_i32_s', 'f64.sub').tee(ns).mem('f64.store', RecordField.virtualNs);
    f.get(at).i32(0).mem('f64.load', ExitCell.cost).mem('f64.store', RecordField.durationNs);
    f.get(at).i32(0).mem('i64.load', Slot.ripBase).get(this.record).mem('i64.load16_u', R.ipNext).op('i64.add');
    f.get(this.record).mem('i64.load32_u', R.disp).op('i64.sub').mem('i64.store', RecordField.rip);
    f.get(at).i32(0).mem('i64.load', ExitCell.reason).mem('i64.store', fields);
    f.get(at)
      .get(leaf)
      .op('i64.extend_i32_u')
      .mem('i64.store', fields + 8);
    f.get(at)
      .get(subleaf)
      .op('i64.extend_i32_u')
      .mem('i64.store', fields + 16);
    f.get(at)
      .i64(0)
      .mem('i64.store', fields + 24);
    f.get(at)
      .get(entry)
      .mem('i64.load32_u', CpuidEntry.eax)
      .mem('i64.store', fields + 32);
    f.i32(0)
      .get(ns)
      .i32(0)
      .mem('f64.load', ExitCell.cost)
      .op('f64.add')
      .i32(0)
      .mem('f64.load', QUICK_LATEST_NS)
      .op('f64.max')
      .mem('f64.store', QUICK_LATEST_NS);
  }
}
