// CLI, STI, RDTSC and RDTSCP as the interpreter runs them itself: at CPL 0 and with nothing waiting, on a host where they are no exits; and CPUID, an exit whose
// answer is known and of which nobody has to be told at once. What is not so goes on at the label, where their helper runs in TypeScript. The record's immediate
// says how many instructions of its block come from it on, its displacement the bytes of this one.

import { RecordField, RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { Code, Label, Local } from '../../wasm/code';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import { Micro } from '../handlers';
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
  QUICK_STI,
  QUICK_TICKS,
  QuickAllowed,
  R,
  Slot,
} from '../record';
import { gprSlot } from '../slots';

/** By the name of the row's helper. */
export const QUICK_HELPERS: ReadonlyMap<string, number> = new Map([
  ['cli', Micro.cli],
  ['sti', Micro.sti],
  ['rdtsc', Micro.rdtsc],
  ['rdtscp', Micro.rdtscp],
  ['cpuid', Micro.cpuid],
]);

const RFLAGS_IF = 0x200;
const CR4_TSD = 4;
const RESULTS = [
  [Gpr.rax, CpuidEntry.eax],
  [Gpr.rbx, CpuidEntry.ebx],
  [Gpr.rcx, CpuidEntry.ecx],
  [Gpr.rdx, CpuidEntry.edx],
] as const;

export class QuickEmitter {
  private readonly ns: Local;
  private readonly ticks: Local;
  private readonly leaf: Local;
  private readonly subleaf: Local;
  private readonly entry: Local;
  private readonly at: Local;
  private readonly leftNs: Local;

  constructor(
    private readonly f: Code,
    private readonly record: Local,
  ) {
    this.ns = f.local('f64');
    this.ticks = f.local('i64');
    this.leaf = f.local('i32');
    this.subleaf = f.local('i32');
    this.entry = f.local('i32');
    this.at = f.local('i32');
    this.leftNs = f.local('i32');
  }

  emit(micro: number, helper: Label): void {
    switch (micro) {
      case Micro.cli:
        this.cli(helper);
        break;
      case Micro.sti:
        this.sti(helper);
        break;
      case Micro.cpuid:
        this.cpuid(helper);
        break;
      default:
        this.timeStamp(helper, micro === Micro.rdtscp);
    }
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }
  private unlessAllowed(bit: number, helper: Label): void {
    this.f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(bit).op('i32.and', 'i32.eqz').brIf(helper);
  }
  /** Instructions that the trip has left, the one at hand included. */
  private left(): Code {
    return this.f.i32(0).mem('i32.load', Slot.remaining).get(this.record).mem('i32.load', R.imm).op('i32.add');
  }

  private cli(helper: Label): void {
    const { f } = this;
    this.unlessAllowed(QuickAllowed.interruptFlag, helper);
    this.state(S.cpl).brIf(helper);
    f.i32(0);
    this.state(S.rflags)
      .i32(~RFLAGS_IF)
      .op('i32.and')
      .mem('i32.store', STATE + S.rflags);
  }

  private sti(helper: Label): void {
    const { f } = this;
    this.unlessAllowed(QuickAllowed.interruptFlag, helper);
    this.state(S.cpl);
    this.state(S.intrPending).op('i32.or');
    this.state(S.nmiPending).op('i32.or').brIf(helper);
    this.state(S.rflags).i32(RFLAGS_IF).op('i32.and', 'i32.eqz').if();
    f.i32(0);
    this.left().i32(1).op('i32.sub').mem('i32.store', QUICK_STI);
    f.end();
    f.i32(0);
    this.state(S.rflags)
      .i32(RFLAGS_IF)
      .op('i32.or')
      .mem('i32.store', STATE + S.rflags);
  }

  private timeStamp(helper: Label, withAux: boolean): void {
    const { f, ns, ticks } = this;
    this.unlessAllowed(QuickAllowed.timeStamp, helper);
    this.state(S.cpl).i32(0).op('i32.ne');
    this.state(S.cr4).i32(CR4_TSD).op('i32.and', 'i32.and').brIf(helper);
    f.i32(0).mem('f64.load', QUICK_END_NS);
    this.left().op('f64.convert_i32_s', 'f64.sub').tee(ns).i32(0).mem('f64.load', QUICK_LATEST_NS);
    f.get(ns).i32(0).mem('f64.load', QUICK_LATEST_NS).op('f64.gt', 'select').set(ns);
    f.i32(0).get(ns).mem('f64.store', QUICK_LATEST_NS);
    f.get(ns).op('i64.trunc_f64_s').i32(0).mem('i64.load', QUICK_TICKS).op('i64.mul');
    f.i32(0)
      .mem('i64.load', STATE + S.tscOffset)
      .op('i64.add')
      .set(ticks);
    f.i32(0).get(ticks).i64(0xffff_ffff).op('i64.and').mem('i64.store', gprSlot(Gpr.rax));
    f.i32(0).get(ticks).i64(32).op('i64.shr_u').mem('i64.store', gprSlot(Gpr.rdx));
    if (!withAux) return;
    f.i32(0)
      .i32(0)
      .mem('i64.load32_u', STATE + S.tscAux)
      .mem('i64.store', gprSlot(Gpr.rcx));
  }

  private cpuid(helper: Label): void {
    const { f, leaf, subleaf, entry, at, leftNs } = this;
    this.unlessAllowed(QuickAllowed.cpuid, helper);
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
