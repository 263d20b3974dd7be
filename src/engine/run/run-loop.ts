// A run of one vCPU: what waits between instructions first, then as many instructions as go without TypeScript, until the budget or an event ends it.
import { Vector } from '../../x86/fault';
import { Activity, ModeBit } from '../../x86/layout';
import { endWait } from '../../x86/system/monitor';
import type { EngineReturn } from '../cpu-engine';
import { isTakenBranch } from './branch-step';
import type { Deliveries } from './deliveries';
import type { Executor } from './executor';
import type { Looks } from './looks';
import type { QuickCells } from './quick-cells';
import type { RunBudget, RunKind } from './run-budget';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

// As numbers: none of these bits is above 31.
const DR6_BS = 1 << 14;
const RF = 1 << 16;
/** S.shadow: MOV SS or POP SS was last, which holds back traps too. */
const SHADOW_SS = 2;

export class RunLoop {
  constructor(
    private readonly budget: RunBudget,
    private readonly deliveries: Deliveries,
    private readonly executor: Executor,
    private readonly quick: QuickCells,
    private readonly looks: Looks,
    private readonly onLook: (vcpu: number) => number,
  ) {}

  /** The vCPU is selected. */
  run(vcpu: Vcpu, kind: RunKind, budgetNs: number, wantedNs = budgetNs, mostTrips?: number, lookNs?: number): EngineReturn {
    const { budget } = this;
    budget.begin(kind, budgetNs, wantedNs, mostTrips, lookNs);
    this.quick.begin(vcpu);
    const result = this.steps(vcpu, kind, budgetNs);
    this.looks.tell(vcpu);
    this.quick.end(vcpu);
    return result;
  }

  private steps(vcpu: Vcpu, kind: RunKind, budgetNs: number): EngineReturn {
    const { budget } = this;
    for (;;) {
      const result = vcpu.state.u32('pmuActive') === 0 ? this.step(vcpu, Number.POSITIVE_INFINITY) : this.countedStep(vcpu);
      if (result) return result;
      budget.trips++;
      if (budget.leaveRequested) return { kind: 'left' };
      if (kind === 'one' && budget.leftNs < budgetNs) return { kind: 'budget' };
    }
  }

  /** The same while performance counters count. */
  private countedStep(vcpu: Vcpu): EngineReturn | undefined {
    const { pmu } = vcpu;
    pmu.begin();
    const result = this.step(vcpu, pmu.leftNs);
    pmu.end();
    return result;
  }

  /** One event, or as many instructions as go without TypeScript, in `mostNs`. */
  private step(vcpu: Vcpu, mostNs: number): EngineReturn | undefined {
    const { state } = vcpu;
    const { budget } = this;
    if (vcpu.held) return this.deliveries.deliverHeld(vcpu, vcpu.held);
    const activity = state.u32('activity');
    if (activity === Activity.shutdown) return { kind: 'shutdown', chain: [] };
    if (activity !== Activity.running) {
      if (!isWakeable(state)) return { kind: 'halted' };
      if (this.isUsed(vcpu)) return { kind: 'budget' };
      endWait(state);
    }
    if (this.isUsed(vcpu)) return { kind: 'budget' };
    let limit = budget.kind === 'one' ? 1 : Math.min(budget.leftNs, mostNs);
    const shadow = state.u32('shadow');
    // Traps of the instruction before come first (SDM vol 3 table 7-2), but not behind MOV SS.
    if (state.u32('pendingDebug') !== 0) {
      if (shadow !== SHADOW_SS) return this.deliverDebug(vcpu);
      limit = 1;
    }
    if (state.u32('nmiPending') !== 0 || state.u32('intrPending') !== 0) {
      if (shadow === 0) {
        const result = this.deliveries.deliverWaiting(vcpu);
        if (result !== 'none') return result;
      } else limit = 1;
    }
    return this.execute(vcpu, limit);
  }

  private isUsed(vcpu: Vcpu): boolean {
    const { budget } = this;
    if (budget.isAtLook) {
      this.looks.tell(vcpu);
      budget.looked(this.onLook(vcpu.index));
    }
    return budget.isUsed;
  }

  /** RFLAGS.RF holds back the execution breakpoint of one instruction, which clears it (SDM vol 3 ch. 19.3.1.1); RFLAGS.TF traps behind one (19.3.1.4). */
  private execute(vcpu: Vcpu, limit: number): EngineReturn | undefined {
    const { state } = vcpu;
    const { budget, deliveries, executor } = this;
    const before = budget.leftNs;
    const trap = (state.u32('mode') & ModeBit.trap) !== 0;
    const rflags = state.u32('rflags');
    const resumes = (rflags & RF) !== 0;
    executor.resumes = resumes;
    if (resumes) state.setU32('rflags', rflags & ~RF);
    deliveries.delivered = false;
    const rip = trap ? state.u64('rip') : 0n;
    const result = executor.execute(vcpu, trap ? 1 : limit);
    if (result?.kind === 'held') return result;
    const ran = budget.leftNs !== before;
    if (resumes && !ran) state.setU32('rflags', state.u32('rflags') | RF);
    const { stepped } = executor;
    const traps = trap && ran && !deliveries.delivered && (!stepped || isTakenBranch(stepped, rip, state.u64('rip')));
    if (traps) state.setU32('pendingDebug', state.u32('pendingDebug') | DR6_BS);
    if (state.u32('pendingDebug') === 0 || state.u32('shadow') === SHADOW_SS) return result;
    return result === undefined || result.kind === 'halted' ? this.deliverDebug(vcpu) : result;
  }

  private deliverDebug(vcpu: Vcpu): EngineReturn | undefined {
    const { state } = vcpu;
    const dr6 = state.u64('pendingDebug');
    state.setU64('pendingDebug', 0n);
    return this.deliveries.deliver(vcpu, { vector: Vector.DB, kind: 'exception', dr6 });
  }
}
