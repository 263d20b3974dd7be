// One instruction that a TypeScript helper runs: state is exact before it, and put back where it throws. RIP is moved in halves: a BigInt for each would cost
// more than most helpers do.
import { assert } from '../../base/assert';
import type { Helper } from '../../x86/cpu';
import { CpuFault, NumericError } from '../../x86/fault';
import { Activity, ModeBit, ResumeFlag, S, STATE } from '../../x86/layout';
import { Rflags } from '../../x86/system/bits';
import { fromFault } from '../../x86/system/delivery';
import type { Description } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import type { EngineMemory } from '../vm-memory';
import type { Deliveries } from './deliveries';
import { numericError } from './numeric-error';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

/** Instructions that read or write performance counters. */
const COUNTER_READERS: readonly string[] = ['RDPMC', 'RDMSR', 'WRMSR'];
const DR6_BS = 1n << 14n;
const RIP = (STATE + S.rip) >> 2;
const TWO_32 = 0x1_0000_0000;

export class HelperRunner {
  /** Halves of the RIP of the instruction whose helper runs. */
  private running = false;
  private ripLow = 0;
  private ripHigh = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly helpers: Readonly<Record<string, Helper>>,
    private readonly budget: RunBudget,
    private readonly deliveries: Deliveries,
    private readonly stops: StopPoints,
  ) {}

  /** RIP of the instruction whose helper runs. */
  get rip(): bigint | undefined {
    return this.running ? (BigInt(this.ripHigh) << 32n) | BigInt(this.ripLow) : undefined;
  }

  run(vcpu: Vcpu, description: Description): EngineReturn | undefined {
    const { row, insn } = description;
    const { state } = vcpu;
    assert(insn, 'the row is decoded for a helper');
    if (row.border && this.budget.kind === 'stop-at-border') return { kind: 'border' };
    const helper = description.helper ?? this.helperOf(description);
    if (!helper) return { kind: 'unimplemented', text: row.name, rip: state.u64('rip') };
    vcpu.forget();
    if (COUNTER_READERS.includes(row.name)) vcpu.pmu.look();
    const shadowBefore = state.u32('shadow');
    state.setU32('shadow', 0);
    state.setU32('resumeFlag', ResumeFlag.none);
    const { u32 } = this.memory;
    this.ripLow = u32[RIP]!;
    this.ripHigh = u32[RIP + 1]!;
    this.running = true;
    if (row.name.startsWith('INT')) this.deliveries.delivered = true;
    try {
      this.call(vcpu, description, helper);
    } catch (error) {
      return this.thrown(vcpu, error, shadowBefore);
    }
    this.running = false;
    this.budget.retire(1);
    if (row.helper === 'iret') this.stops.returned(state);
    this.afterTransfer(vcpu, row.name);
    if (row.shadow && shadowBefore === 0) state.setU32('shadow', row.shadow === 'sti' ? 1 : 2);
    if (state.u32('activity') !== Activity.running && !isWakeable(state)) return { kind: 'halted' };
    return undefined;
  }

  /** A row that is emitted elsewhere (strings) is run by the helper of its own name. */
  private helperOf(description: Description): Helper | undefined {
    const helper = this.helpers[description.row.helper ?? description.row.name.toLowerCase()];
    if (helper) description.helper = helper;
    return helper;
  }

  private call({ state, cpu }: Vcpu, { insn }: Description, helper: Helper): void {
    const { u32 } = this.memory;
    insn!.begin(state, this.ripLow, this.ripHigh);
    const next = this.ripLow + insn!.length;
    u32[RIP] = next;
    if (!(u32[(STATE + S.mode) >> 2]! & ModeBit.code64)) u32[RIP + 1] = 0;
    else if (next >= TWO_32) u32[RIP + 1] = this.ripHigh + 1;
    helper(cpu, insn!);
  }

  private thrown(vcpu: Vcpu, error: unknown, shadowBefore: number): EngineReturn | undefined {
    const { state } = vcpu;
    this.running = false;
    if (!(error instanceof CpuFault) && !(error instanceof NumericError)) throw error;
    const { u32 } = this.memory;
    if (!(error instanceof CpuFault && error.inNewTask)) {
      u32[RIP] = this.ripLow;
      u32[RIP + 1] = this.ripHigh;
    }
    if (error instanceof CpuFault) {
      this.stops.faulted(state);
      return this.deliveries.deliver(vcpu, fromFault(error));
    }
    state.setU32('shadow', shadowBefore);
    this.stops.left(state);
    return numericError(vcpu, this.budget);
  }

  /** TF counts after SYSCALL and SYSRET have changed it: user code is stepped over the kernel and not into it (SDM vol 3 ch. 19.3.1.4). */
  private afterTransfer({ state }: Vcpu, name: string): void {
    if (name !== 'SYSCALL' && name !== 'SYSRET') return;
    this.deliveries.delivered = true;
    if (state.u64('rflags') & Rflags.TF) state.setU64('pendingDebug', state.u64('pendingDebug') | DR6_BS);
  }
}
