// Drives one vCPU's performance counters from what it has retired. Counts are kept aside and put into the counters when somebody looks or one may overflow:
// the interpreter is never let run past that place, so the interrupt comes at an exact instruction.
import { S } from '../../x86/layout';
import { addCounts, crystalTicks, nsUntilOverflow, splitsLevels } from '../../x86/pmu/counting';
import type { EngineCounts } from '../../x86/pmu/events.rows';
import type { VcpuState } from '../../x86/vcpu-state';
import type { EngineMemory } from '../vm-memory';

const none = (): EngineCounts => ({ instructions: 0, ns: 0, crystal: 0 });

export class PmuClock {
  /** The next overflow does not come before. Only valid between `begin` and `end`. */
  leftNs = 0;
  /** A step ends where CPL 3 is entered or left. The same. */
  splitsLevels = true;
  private user = none();
  private kernel = none();
  /** `leftNs` and the counts belong to the counters as they are. */
  private valid = false;
  private retired = 0;
  private ns = 0;
  private at: EngineCounts = this.kernel;

  constructor(
    private readonly memory: EngineMemory,
    private readonly state: VcpuState,
    private readonly onInterrupt: () => void,
  ) {}

  /** Before a step of the run, while a counter is enabled. */
  begin(): void {
    if (!this.valid) this.settle();
    this.valid = true;
    const { state } = this;
    this.retired = this.count(S.retired);
    this.ns = this.retired + this.count(S.extraNs);
    this.at = state.u32('cpl') === 3 ? this.user : this.kernel;
  }
  /** After it. */
  end(): void {
    const { state, at } = this;
    if (state.u32('pmuActive') === 0) {
      this.forget();
      return;
    }
    const retired = this.count(S.retired);
    const ns = retired + this.count(S.extraNs);
    at.instructions += retired - this.retired;
    at.ns += ns - this.ns;
    at.crystal += crystalTicks(ns) - crystalTicks(this.ns);
    this.leftNs -= ns - this.ns;
    if (this.leftNs <= 0 || !this.valid) this.settle();
  }

  /** The counters are about to be looked at or written. */
  look(): void {
    if (this.state.u32('pmuActive') !== 0 && this.valid) this.settle();
    this.forget();
  }
  /** Another state has been put in. */
  forget(): void {
    this.clear();
    this.valid = false;
  }

  private count(field: number): number {
    const at = (this.state.base + field) >> 2;
    return this.memory.u32[at]! + this.memory.u32[at + 1]! * 0x1_0000_0000;
  }
  private clear(): void {
    Object.assign(this.user, none());
    Object.assign(this.kernel, none());
  }
  private settle(): void {
    const interrupt = addCounts(this.state, this.user, this.kernel);
    this.clear();
    this.leftNs = nsUntilOverflow(this.state);
    this.splitsLevels = splitsLevels(this.state);
    this.valid = true;
    if (interrupt) this.onInterrupt();
  }
}
