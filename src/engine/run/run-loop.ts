// A run of one vCPU: what waits between instructions first, then as many instructions as go without TypeScript, until the budget or an event ends it.
import { Vector } from '../../x86/fault';
import { Activity, ModeBit } from '../../x86/layout';
import type { EngineReturn } from '../cpu-engine';
import type { Deliveries } from './deliveries';
import type { Executor } from './executor';
import type { RunBudget, RunKind } from './run-budget';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

const DR6_BS = 1n << 14n;
/** S.shadow: MOV SS or POP SS was last, which holds back traps too. */
const SHADOW_SS = 2;

export class RunLoop {
  constructor(
    private readonly budget: RunBudget,
    private readonly deliveries: Deliveries,
    private readonly executor: Executor,
  ) {}

  /** The vCPU is selected. */
  run(vcpu: Vcpu, kind: RunKind, budgetNs: number): EngineReturn {
    const { budget } = this;
    budget.begin(kind, budgetNs);
    for (;;) {
      const result = this.step(vcpu);
      if (result) return result;
      if (budget.leaveRequested) return { kind: 'left' };
      if (kind === 'one' && budget.leftNs < budgetNs) return { kind: 'budget' };
    }
  }

  /** One event, or as many instructions as go without TypeScript. */
  private step(vcpu: Vcpu): EngineReturn | undefined {
    const { state } = vcpu;
    const { budget } = this;
    const activity = state.u32('activity');
    if (activity === Activity.shutdown) return { kind: 'shutdown', chain: [] };
    if (activity !== Activity.running) {
      if (!isWakeable(state)) return { kind: 'halted' };
      if (budget.leftNs <= 0) return { kind: 'budget' };
      state.setU32('activity', Activity.running);
    }
    if (budget.leftNs <= 0) return { kind: 'budget' };
    let limit = budget.kind === 'one' ? 1 : budget.leftNs;
    const shadow = state.u32('shadow');
    if (state.u32('nmiPending') !== 0 || state.u32('intrPending') !== 0) {
      if (shadow === 0) {
        const result = this.deliveries.deliverWaiting(vcpu);
        if (result !== 'none') return result;
      } else limit = 1;
    }
    if (state.u32('mode') & ModeBit.trap) return this.stepTrapped(vcpu, shadow === SHADOW_SS);
    return this.executor.execute(vcpu, limit);
  }

  /** RFLAGS.TF: one instruction, then #DB (SDM vol 3 ch. 19.3.1.4). */
  private stepTrapped(vcpu: Vcpu, inhibited: boolean): EngineReturn | undefined {
    const before = this.budget.leftNs;
    this.deliveries.delivered = false;
    const result = this.executor.execute(vcpu, 1);
    if (result || this.budget.leftNs === before || this.deliveries.delivered || inhibited) return result;
    return this.deliveries.deliver(vcpu, { vector: Vector.DB, kind: 'exception', dr6: DR6_BS });
  }
}
