// One instruction that a TypeScript helper runs: state is exact before it, and put back where it throws.
import { assert } from '../../base/assert';
import type { Helper } from '../../x86/cpu';
import { CpuFault, Unimplemented } from '../../x86/fault';
import { Activity, ModeBit } from '../../x86/layout';
import { Rflags } from '../../x86/system/bits';
import { fromFault } from '../../x86/system/delivery';
import type { Description } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import type { Deliveries } from './deliveries';
import type { RunBudget } from './run-budget';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

const DR6_BS = 1n << 14n;

export class HelperRunner {
  /** RIP of the instruction whose helper runs. */
  rip: bigint | undefined;

  constructor(
    private readonly helpers: Readonly<Record<string, Helper>>,
    private readonly budget: RunBudget,
    private readonly deliveries: Deliveries,
  ) {}

  run(vcpu: Vcpu, { row, insn }: Description): EngineReturn | undefined {
    const { state, cpu } = vcpu;
    assert(insn, `${row.name} is decoded for a helper`);
    if (row.border && this.budget.kind === 'stop-at-border') return { kind: 'border' };
    // A row that is emitted elsewhere (strings) is run by the helper of its own name.
    const helper = this.helpers[row.helper ?? row.name.toLowerCase()];
    const rip = state.u64('rip');
    if (!helper) return { kind: 'unimplemented', text: row.name, rip };
    vcpu.forget();
    const shadowBefore = state.u32('shadow');
    state.setU32('shadow', 0);
    state.setU32('resumeFlag', 0);
    insn.begin(state, rip);
    if (row.name.startsWith('INT')) this.deliveries.delivered = true;
    const next = rip + BigInt(insn.length);
    try {
      state.setU64('rip', state.u32('mode') & ModeBit.code64 ? next : BigInt.asUintN(32, next));
      this.rip = rip;
      helper(cpu, insn);
    } catch (error) {
      this.rip = undefined;
      if (error instanceof CpuFault) {
        if (!error.inNewTask) state.setU64('rip', rip);
        return this.deliveries.deliver(vcpu, fromFault(error));
      }
      if (error instanceof Unimplemented) {
        state.setU64('rip', rip);
        state.setU32('shadow', shadowBefore);
        return { kind: 'unimplemented', text: error.what, rip };
      }
      throw error;
    }
    this.rip = undefined;
    this.budget.retire(1);
    this.afterTransfer(vcpu, row.name);
    if (row.shadow && shadowBefore === 0) state.setU32('shadow', row.shadow === 'sti' ? 1 : 2);
    if (state.u32('activity') !== Activity.running && !isWakeable(state)) return { kind: 'halted' };
    return undefined;
  }

  /** TF counts after SYSCALL and SYSRET have changed it: user code is stepped over the kernel and not into it (SDM vol 3 ch. 19.3.1.4). */
  private afterTransfer({ state }: Vcpu, name: string): void {
    if (name !== 'SYSCALL' && name !== 'SYSRET') return;
    this.deliveries.delivered = true;
    if (state.u64('rflags') & Rflags.TF) state.setU64('pendingDebug', state.u64('pendingDebug') | DR6_BS);
  }
}
