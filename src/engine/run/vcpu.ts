// One vCPU as the engine has it: its state, TLB, what helpers see of it, and where it goes on after the interpreter left in the middle of a block.
import type { Cpu } from '../../x86/cpu';
import { S } from '../../x86/layout';
import type { Delivery } from '../../x86/system/delivery';
import type { VcpuState } from '../../x86/vcpu-state';
import type { VcpuTlb } from '../tlb';
import type { GuestBreakpoints } from './guest-breakpoints';
import type { PmuClock } from './pmu-clock';

export class Vcpu {
  /** What the next run delivers first, because the host wanted it to wait. */
  held: Delivery | undefined;
  private record = 0;
  private generation = -1;
  private ripLow = 0;
  private ripHigh = 0;

  constructor(
    readonly index: number,
    readonly state: VcpuState,
    readonly tlb: VcpuTlb,
    readonly cpu: Cpu,
    readonly breakpoints: GuestBreakpoints,
    readonly pmu: PmuClock,
  ) {}

  monitorWritten(): void {
    this.cpu.host.monitorWritten?.();
  }

  /** RIP is the record's instruction, and no block has died since `generation`. */
  remember(record: number, generation: number): void {
    this.record = record;
    this.generation = generation;
    this.ripLow = this.state.u32At(S.rip);
    this.ripHigh = this.state.u32At(S.rip + 4);
  }
  forget(): void {
    this.record = 0;
  }
  /** The remembered record if it is still RIP's, else 0. */
  takeRemembered(generation: number): number {
    const { record } = this;
    if (record === 0) return 0;
    this.record = 0;
    const isThere = this.ripLow === this.state.u32At(S.rip) && this.ripHigh === this.state.u32At(S.rip + 4);
    return this.generation === generation && isThere ? record : 0;
  }
}
