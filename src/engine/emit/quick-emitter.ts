// CLI, STI, RDTSC and RDTSCP as the interpreter runs them itself: at CPL 0 and with nothing waiting, on a host where they are no exits. What is not so goes on at
// the label, where their helper runs in TypeScript. The record's immediate says how many instructions of its block come from it on, its displacement how many bytes
// this one has.

import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { Gpr, S, STATE } from '../../x86/layout';
import { Micro } from '../handlers';
import { PauseCell, QUICK_ALLOWED, QUICK_END_NS, QUICK_LATEST_NS, QUICK_STI, QUICK_TICKS, QuickAllowed, R, Slot } from '../record';
import { gprSlot } from '../slots';

/** By the name of the row's helper. */
export const QUICK_HELPERS: ReadonlyMap<string, number> = new Map([
  ['cli', Micro.cli],
  ['sti', Micro.sti],
  ['rdtsc', Micro.rdtsc],
  ['rdtscp', Micro.rdtscp],
  ['cpuid', Micro.cpuid],
  ['inImmediate', Micro.port],
  ['inDx', Micro.port],
  ['outImmediate', Micro.port],
  ['outDx', Micro.port],
  ['invlpg', Micro.invlpg],
  ['movFromCr', Micro.controlRead],
  ['iret', Micro.iret],
  ['vmcall', Micro.vmcall],
  ['intN', Micro.softwareInterrupt],
  ['swapgs', Micro.swapGs],
  ['rdfsbase', Micro.segmentBase],
  ['rdgsbase', Micro.segmentBase],
  ['wrfsbase', Micro.segmentBase],
  ['wrgsbase', Micro.segmentBase],
  ['rdpkru', Micro.protectionKeys],
  ['ldmxcsr', Micro.loadMxcsr],
  ['popf', Micro.popf],
  ['clac', Micro.accessFlag],
  ['stac', Micro.accessFlag],
  ['movToCr', Micro.addressSpace],
  ['syscall', Micro.systemCall],
  ['sysret', Micro.systemReturn],
]);

/** Those that `QuickEmitter` writes. */
export const QUICK_IN_LOOP: readonly number[] = [Micro.cli, Micro.sti, Micro.rdtsc, Micro.rdtscp];

/** (record) → 1: done; 0: nothing has happened. For compiled regions. */
export function buildQuick(module: ModuleBuilder, micro: number): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const quick = new QuickEmitter(f, 0);
  const helper = f.block();
  quick.emit(micro, helper);
  f.i32(1).op('return').end().i32(0);
  return index;
}

/** (record): its time, but for the one ns of each instruction. */
export function buildPause(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], []);
  f.i32(0).i32(0).mem('i32.load', Slot.remaining).i32(0).mem('i32.load', PauseCell.extraNs).op('i32.sub').mem('i32.store', Slot.remaining);
  f.i32(0).i32(0).mem('i32.load', PauseCell.count).i32(1).op('i32.add').mem('i32.store', PauseCell.count);
  return index;
}

const RFLAGS_IF = 0x200;
const CR4_TSD = 4;

export class QuickEmitter {
  private readonly ns: Local;
  private readonly ticks: Local;

  constructor(
    private readonly f: Code,
    private readonly record: Local,
  ) {
    this.ns = f.local('f64');
    this.ticks = f.local('i64');
  }

  emit(micro: number, helper: Label): void {
    switch (micro) {
      case Micro.cli:
        this.cli(helper);
        break;
      case Micro.sti:
        this.sti(helper);
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
}
