// What the interpreter's quick instructions (emit/quick-emitter.ts) go by, put into memory before each trip; and what they leave there.
import { RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { QuickExit } from '../../x86/cpu';
import { S, STATE } from '../../x86/layout';
import { EXIT_LOG, ExitCell, NO_STI, QUICK_ALLOWED, QUICK_END_NS, QUICK_LATEST_NS, QUICK_STI, QUICK_TICKS, QuickAllowed } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { Observation } from './observation';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpu } from './vcpu';

const SHADOW = (STATE + S.shadow) >> 2;
/** Those that need the time. */
const TIMED = QuickAllowed.timeStamp | QuickAllowed.cpuid;

export class QuickCells {
  private startNs = 0;
  private latestNs = 0;
  private allowed = 0;
  /** Whose exits the log has. */
  private vcpu: Vcpu | undefined;

  constructor(
    private readonly memory: EngineMemory,
    private readonly budget: RunBudget,
    private readonly stops: StopPoints,
    private readonly observation: Observation,
  ) {}

  /** A run begins, nothing of its budget is used. */
  begin(vcpu: Vcpu): void {
    const { quick } = vcpu.cpu.host;
    this.allowed = 0;
    if (quick === undefined || this.budget.kind === 'one' || this.observation.on) return;
    if (quick.interruptFlag) this.allowed |= QuickAllowed.interruptFlag;
    if (this.budget.kind !== 'through') return;
    const { cpuid } = quick;
    if (quick.interruptReturn && this.stops.isEmpty) this.allowed |= QuickAllowed.iret;
    if (quick.timeStamp) this.allowed |= QuickAllowed.timeStamp;
    if (cpuid !== undefined) this.beginExits(vcpu, cpuid);
    if (!(this.allowed & TIMED)) return;
    this.startNs = quick.localNs();
    this.latestNs = quick.latestNs;
    const { u32, view } = this.memory;
    view.setFloat64(QUICK_LATEST_NS, this.latestNs, true);
    u32[QUICK_TICKS >> 2] = quick.tscPerNs;
    u32[(QUICK_TICKS >> 2) + 1] = 0;
  }
  private beginExits(vcpu: Vcpu, { costNs, reason, kindAndVm, vcpu: index }: QuickExit): void {
    const { u32, view } = this.memory;
    this.allowed |= QuickAllowed.cpuid;
    this.vcpu = vcpu;
    u32[ExitCell.costNs >> 2] = costNs;
    view.setFloat64(ExitCell.cost, costNs, true);
    u32[(ExitCell.head >> 2) + 1] = kindAndVm;
    u32[ExitCell.vcpu >> 2] = index;
    u32[ExitCell.reason >> 2] = reason;
    // What the answers depend on may have changed between runs, and this may be another vCPU.
    u32[ExitCell.cpuidGeneration >> 2]! += 1;
  }
  /** It ends. */
  end({ cpu }: Vcpu): void {
    if (!(this.allowed & TIMED)) return;
    const readNs = this.memory.view.getFloat64(QUICK_LATEST_NS, true);
    if (readNs !== this.latestNs) cpu.host.quick?.hasRead(readNs);
  }

  /** A trip of so many virtual ns begins. */
  enter(limitNs: number): void {
    const { i32, view } = this.memory;
    i32[QUICK_ALLOWED >> 2] = this.allowed;
    i32[QUICK_STI >> 2] = NO_STI;
    if (this.allowed & TIMED) view.setFloat64(QUICK_END_NS, this.startNs + this.budget.consumedNs + limitNs, true);
  }
  /** It stands with so many ns left, and what comes next has not run: the shadow of an STI that was last lies over it. */
  settle(leftNs: number): void {
    const { i32 } = this.memory;
    if (i32[QUICK_STI >> 2] === leftNs) i32[SHADOW] = 1;
    if (i32[ExitCell.count >> 2] !== 0) this.settleExits();
  }
  /** Exits since the last time: their cost is no instructions. */
  private settleExits(): void {
    const { i32, u8 } = this.memory;
    const count = i32[ExitCell.count >> 2]!;
    i32[ExitCell.count >> 2] = 0;
    this.budget.passed(count * i32[ExitCell.costNs >> 2]!);
    this.vcpu?.cpu.host.quick?.exited?.(u8.subarray(EXIT_LOG, EXIT_LOG + count * TRACE_RECORD_SIZE), count);
  }
}
