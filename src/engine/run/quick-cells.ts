// What the interpreter's quick instructions (emit/quick-emitter.ts) go by, put into memory before each trip; and what they leave there.
import { S, STATE } from '../../x86/layout';
import { NO_STI, QUICK_ALLOWED, QUICK_END_NS, QUICK_LATEST_NS, QUICK_STI, QUICK_TICKS, QuickAllowed } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { Observation } from './observation';
import type { RunBudget } from './run-budget';
import type { Vcpu } from './vcpu';

const SHADOW = (STATE + S.shadow) >> 2;

export class QuickCells {
  private startNs = 0;
  private latestNs = 0;
  private allowed = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly budget: RunBudget,
    private readonly observation: Observation,
  ) {}

  /** A run begins, nothing of its budget is used. */
  begin({ cpu }: Vcpu): void {
    const { quick } = cpu.host;
    this.allowed = 0;
    if (quick === undefined || this.budget.kind === 'one' || this.observation.on) return;
    if (quick.interruptFlag) this.allowed |= QuickAllowed.interruptFlag;
    if (!quick.timeStamp || this.budget.kind !== 'through') return;
    this.allowed |= QuickAllowed.timeStamp;
    this.startNs = quick.localNs();
    this.latestNs = quick.latestNs;
    const { u32, view } = this.memory;
    view.setFloat64(QUICK_LATEST_NS, this.latestNs, true);
    u32[QUICK_TICKS >> 2] = quick.tscPerNs;
    u32[(QUICK_TICKS >> 2) + 1] = 0;
  }
  /** It ends. */
  end({ cpu }: Vcpu): void {
    if (!(this.allowed & QuickAllowed.timeStamp)) return;
    const readNs = this.memory.view.getFloat64(QUICK_LATEST_NS, true);
    if (readNs !== this.latestNs) cpu.host.quick?.hasRead(readNs);
  }

  /** A trip of so many virtual ns begins. */
  enter(limitNs: number): void {
    const { i32, view } = this.memory;
    i32[QUICK_ALLOWED >> 2] = this.allowed;
    i32[QUICK_STI >> 2] = NO_STI;
    if (this.allowed & QuickAllowed.timeStamp) view.setFloat64(QUICK_END_NS, this.startNs + this.budget.consumedNs + limitNs, true);
  }
  /** It stands with so many ns left, and what comes next has not run: the shadow of an STI that was last lies over it. */
  settle(leftNs: number): void {
    const { i32 } = this.memory;
    if (i32[QUICK_STI >> 2] === leftNs) i32[SHADOW] = 1;
  }
}
