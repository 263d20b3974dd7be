// The guest's own breakpoints in the debug registers of one vCPU, as the engine runs them: data breakpoints take fast TLB tags away, execution breakpoints
// put stop records into blocks. With DR7 clear nothing of it exists (SDM vol 3 ch. 19.2).
import { S } from '../../x86/layout';
import { BreakOn, type Breakpoint, breakpointsOf } from '../../x86/system/breakpoints';
import type { VcpuState } from '../../x86/vcpu-state';
import { DataBreakpoints } from '../data-breakpoints';
import type { EngineMemory } from '../vm-memory';
import type { BreakpointPlaces } from './breakpoint-places';
import { linearRip } from './linear-rip';

const ENABLES = 0xff;

export class GuestBreakpoints {
  readonly data = new DataBreakpoints();
  private execution: readonly Breakpoint[] = [];
  private seen: readonly Breakpoint[] = [];
  /** Called after a change of the data breakpoints. */
  onChange: () => void = () => {};

  constructor(
    private readonly memory: EngineMemory,
    private readonly state: VcpuState,
    private readonly places: BreakpointPlaces,
  ) {}

  /** The debug registers may have changed. */
  refresh(): void {
    const dr7 = this.memory.u32[(this.state.base + S.dr + 7 * 8) >> 2]!;
    if (!(dr7 & ENABLES) && this.seen.length === 0) return;
    const now = breakpointsOf(this.state);
    if (now.length === this.seen.length && now.every((each, i) => isSame(each, this.seen[i]!))) return;
    this.seen = now;
    this.execution = now.filter(({ on }) => on === BreakOn.execution);
    this.places.cover(this.execution);
    this.data.set(now);
    this.onChange();
  }

  get isEmpty(): boolean {
    return this.seen.length === 0;
  }

  /** DR6 bits of the execution breakpoints at RIP. */
  atRip(): number {
    if (this.execution.length === 0) return 0;
    const linear = linearRip(this.state);
    let bits = 0;
    for (const { address, dr6 } of this.execution) if (address === linear) bits |= dr6;
    return bits;
  }
}

const isSame = (a: Breakpoint, b: Breakpoint): boolean =>
  a.dr6 === b.dr6 && a.on === b.on && a.address === b.address && a.length === b.length;
