// What the interpreter's quick instructions (emit/quick-emitter.ts) go by, put into memory before each trip; and what they leave there.
import { RECORD_SIZE as TRACE_RECORD_SIZE } from '../../trace/record-layout';
import type { QuickExitName, QuickExits } from '../../x86/cpu';
import { S, STATE } from '../../x86/layout';
import { DELIVERY_NS } from '../emit/delivery-emitter';
import {
  COUNTS_LEVELS,
  EXIT_LOG,
  EXIT_LOG_RECORDS,
  ExitCell,
  LookCell,
  NO_STI,
  PORT_SIZE_SHIFT,
  QUICK_ALLOWED,
  QUICK_END_NS,
  QUICK_EXITS,
  QUICK_LATEST_NS,
  QUICK_STI,
  QUICK_TICKS,
  QuickAllowed,
  QuickExitCell,
  quickExitCells,
  RepeatCell,
} from '../record';
import type { EngineMemory } from '../vm-memory';
import { type ExitRepeats, forgetExits } from './exit-repeats';
import type { Observation } from './observation';
import type { PortTable } from './port-table';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpu } from './vcpu';

const PMU_ACTIVE = (STATE + S.pmuActive) >> 2;
const SHADOW = (STATE + S.shadow) >> 2;
const MOST_SLACK_NS = 1 << 30;
/** Those that need the time. */
const TIMED =
  QuickAllowed.timeStamp | QuickAllowed.cpuid | QuickAllowed.io | QuickAllowed.vmcall | QuickAllowed.delivery | QuickAllowed.pageFault;

export class QuickCells {
  private startNs = 0;
  private latestNs = 0;
  private allowed = 0;
  /** Virtual ns that exits might still take beyond the trip's limit when it last stood. */
  private slackNs = 0;
  /** A view of it takes as long to make as two exits. */
  private wholeLog: Uint8Array | undefined;
  /** The log was given to the host since the vCPU's time was last settled. */
  private handedOver = false;
  /** Whose exits the log has. */
  private vcpu: Vcpu | undefined;

  constructor(
    private readonly memory: EngineMemory,
    private readonly budget: RunBudget,
    private readonly stops: StopPoints,
    private readonly observation: Observation,
    private readonly ports: PortTable,
    private readonly repeats: ExitRepeats,
  ) {}

  /** A run begins, nothing of its budget is used. */
  begin(vcpu: Vcpu): void {
    const { quick } = vcpu.cpu.host;
    this.allowed = 0;
    if (quick === undefined || this.budget.kind === 'one' || this.observation.on) return;
    if (quick.interruptFlag) this.allowed |= QuickAllowed.interruptFlag;
    if (quick.invlpg) this.allowed |= QuickAllowed.invlpg;
    if (quick.controlRead) this.allowed |= QuickAllowed.controlRead;
    if (quick.swapgs) this.allowed |= QuickAllowed.swapgs;
    if (quick.popFlags) this.allowed |= QuickAllowed.popf;
    if (quick.controlWrite) this.allowed |= QuickAllowed.controlWrite;
    if (!quick.notesRoots) this.allowed |= QuickAllowed.anyRoot;
    this.allowed |= QuickAllowed.plain;
    if (this.budget.kind !== 'through') return;
    const areAhead = this.stops.areAhead(vcpu.state);
    if (quick.interruptReturn && areAhead) this.allowed |= QuickAllowed.iret;
    if (areAhead) this.allowed |= QuickAllowed.systemCall;
    if (quick.timeStamp) this.allowed |= QuickAllowed.timeStamp;
    if (quick.exits !== undefined) this.beginExits(vcpu, quick.exits);
    if (quick.exits !== undefined && quick.deliveries && areAhead) this.allowed |= QuickAllowed.delivery;
    if (quick.exits !== undefined && quick.pageFaults && areAhead) this.allowed |= QuickAllowed.pageFault;
    if (quick.exits !== undefined && quick.softwareInterrupts && areAhead) this.allowed |= QuickAllowed.softwareInterrupt;
    if (!(this.allowed & TIMED)) return;
    this.startNs = quick.localNs();
    this.latestNs = quick.latestNs;
    const { u32, view } = this.memory;
    view.setFloat64(QUICK_LATEST_NS, this.latestNs, true);
    u32[QUICK_TICKS >> 2] = quick.tscPerNs;
    u32[(QUICK_TICKS >> 2) + 1] = 0;
  }
  private beginExits(vcpu: Vcpu, { costs, kindAndVm, exceptionKindAndVm, vcpu: index }: QuickExits): void {
    const { u32, view } = this.memory;
    this.vcpu = vcpu;
    for (const name of QUICK_EXITS) {
      const exit = costs[name];
      if (exit === undefined) continue;
      this.allowed |= QuickAllowed[name];
      const cells = quickExitCells(name);
      u32[(cells + QuickExitCell.costNs) >> 2] = exit.costNs;
      view.setFloat64(cells + QuickExitCell.cost, exit.costNs, true);
      u32[(cells + QuickExitCell.reason) >> 2] = exit.reason;
    }
    u32[(ExitCell.head >> 2) + 1] = kindAndVm;
    u32[(ExitCell.exceptionHead >> 2) + 1] = exceptionKindAndVm;
    u32[ExitCell.runNumber >> 2]! += 1;
    u32[ExitCell.vcpu >> 2] = index;
    u32[ExitCell.exceptionVcpu >> 2] = index;
    // What the answers depend on may have changed between runs, and this may be another vCPU.
    u32[ExitCell.cpuidGeneration >> 2]! += 1;
    this.ports.forget();
    forgetExits(this.memory);
  }
  /** It ends. */
  end({ cpu }: Vcpu): void {
    if (!(this.allowed & TIMED)) return;
    const readNs = this.memory.view.getFloat64(QUICK_LATEST_NS, true);
    if (readNs !== this.latestNs) cpu.host.quick?.hasRead(readNs);
  }

  /** A trip of so many virtual ns begins; exits may take it as far as `mostNs`. */
  enter({ pmu }: Vcpu, limitNs: number, mostNs: number): void {
    const { i32, view } = this.memory;
    i32[COUNTS_LEVELS >> 2] = i32[PMU_ACTIVE] !== 0 && pmu.splitsLevels ? 1 : 0;
    this.slackNs = Math.min(mostNs - limitNs, MOST_SLACK_NS);
    i32[ExitCell.slackNs >> 2] = this.slackNs;
    i32[LookCell.slackNs >> 2] = 0;
    i32[ExitCell.chargedNs >> 2] = 0;
    i32[QUICK_ALLOWED >> 2] = this.allowed;
    i32[QUICK_STI >> 2] = NO_STI;
    if (this.allowed & TIMED) view.setFloat64(QUICK_END_NS, this.startNs + this.budget.consumedNs + limitNs, true);
  }
  /** It stands with so many ns left, and what comes next has not run: the shadow of an STI that was last lies over it. Gives by how much exits and samples have put its end off. */
  settle(leftNs: number): number {
    const { i32 } = this.memory;
    if (i32[QUICK_STI >> 2] === leftNs) i32[SHADOW] = 1;
    const slackNs = i32[ExitCell.slackNs >> 2]!;
    const beyondNs = this.slackNs + i32[LookCell.slackNs >> 2]! - slackNs;
    this.slackNs = slackNs;
    i32[LookCell.slackNs >> 2] = 0;
    if (i32[ExitCell.count >> 2] !== 0 || i32[RepeatCell.times >> 2] !== 0 || this.handedOver) this.settleExits();
    return beyondNs;
  }
  /** Exits since the last time: their cost is no instructions. */
  private settleExits(): void {
    const { i32 } = this.memory;
    const quick = this.vcpu?.cpu.host.quick;
    this.handedOver = false;
    this.repeats.count();
    const deliveries = i32[ExitCell.deliveries >> 2]!;
    let spentNs = deliveries * DELIVERY_NS;
    for (const name of QUICK_EXITS) spentNs += this.timesOf(name) * i32[(quickExitCells(name) + QuickExitCell.costNs) >> 2]!;
    this.budget.exited(spentNs);
    if (i32[ExitCell.writtenKey >> 2] !== 0) this.settleWrite();
    if (deliveries !== 0) {
      i32[ExitCell.deliveries >> 2] = 0;
      quick?.delivered?.();
    }
    quick?.exited?.(this.timesOf);
    this.tellEvents();
    for (const name of QUICK_EXITS) i32[(quickExitCells(name) + QuickExitCell.times) >> 2] = 0;
  }
  /** The log is full: imported by the interpreter, see `InterpreterImports`. */
  readonly handOver = (): void => {
    this.handedOver = true;
    this.tellEvents();
  };
  private tellEvents(): void {
    const { i32, u8 } = this.memory;
    const quick = this.vcpu?.cpu.host.quick;
    this.repeats.tell(quick);
    const count = i32[ExitCell.count >> 2]!;
    if (count === 0) return;
    i32[ExitCell.count >> 2] = 0;
    if (this.wholeLog?.buffer !== u8.buffer) this.wholeLog = u8.subarray(EXIT_LOG, EXIT_LOG + EXIT_LOG_RECORDS * TRACE_RECORD_SIZE);
    const log = count === EXIT_LOG_RECORDS ? this.wholeLog : this.wholeLog.subarray(0, count * TRACE_RECORD_SIZE);
    quick?.logged?.(log, count);
    this.repeats.learn(count);
  }
  private settleWrite(): void {
    const { u32 } = this.memory;
    const key = u32[ExitCell.writtenKey >> 2]!;
    u32[ExitCell.writtenKey >> 2] = 0;
    const size = ((key >> PORT_SIZE_SHIFT) & 7) as 1 | 2 | 4;
    this.vcpu?.cpu.host.quick?.portWritten?.(key & 0xffff, size, u32[ExitCell.writtenValue >> 2]!);
  }
  private readonly timesOf = (name: QuickExitName): number => this.memory.u32[(quickExitCells(name) + QuickExitCell.times) >> 2]!;
}
