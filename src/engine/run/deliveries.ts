// Exceptions, interrupts and NMIs that the engine delivers between instructions, and what ends the run there: shutdown.
import { Vector } from '../../x86/fault';
import { S, STATE } from '../../x86/layout';
import { type Delivery, fromFault } from '../../x86/system/delivery';
import { raise } from '../../x86/system/raise';
import type { EngineReturn } from '../cpu-engine';
import { DELIVERED, ExitCell } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { PendingFault } from './pending-fault';
import type { RunBudget } from './run-budget';
import type { StopPoints } from './stop-points';
import type { Vcpu } from './vcpu';

const RFLAGS_IF = 0x200;

export class Deliveries {
  /** Something was delivered, or INT ran: TF's trap does not follow. */
  delivered = false;

  constructor(
    private readonly memory: EngineMemory,
    private readonly budget: RunBudget,
    private readonly fault: PendingFault,
    private readonly stops: StopPoints,
  ) {}

  /** Delivery takes one ns, so that a chain of them ends a run. */
  deliver(vcpu: Vcpu, delivery: Delivery): EngineReturn | undefined {
    this.delivered = true;
    if (vcpu.cpu.host.beforeDelivery?.(delivery)) {
      vcpu.held = delivery;
      return { kind: 'held' };
    }
    return this.now(vcpu, delivery);
  }
  /** What was made to wait. */
  deliverHeld(vcpu: Vcpu, delivery: Delivery): EngineReturn | undefined {
    vcpu.held = undefined;
    return this.now(vcpu, delivery);
  }
  private now(vcpu: Vcpu, delivery: Delivery): EngineReturn | undefined {
    // The instruction did not complete: its data breakpoints are not met.
    if (delivery.kind === 'exception') {
      vcpu.state.setU64('pendingDebug', 0n);
      const { u32 } = this.memory;
      u32[(DELIVERED >> 2) + delivery.vector] = u32[ExitCell.runNumber >> 2]!;
    }
    this.budget.charge(1);
    const { shutdown, chain } = raise(vcpu.cpu, delivery);
    return shutdown ? { kind: 'shutdown', chain } : undefined;
  }
  deliverPending(vcpu: Vcpu): EngineReturn | undefined {
    return this.deliver(vcpu, fromFault(this.fault.take()));
  }

  /** An NMI or interrupt that waits, if it is not masked; 'none': nothing to deliver. */
  deliverWaiting(vcpu: Vcpu): EngineReturn | undefined | 'none' {
    const { state } = vcpu;
    if (state.u32('nmiPending') && !state.u32('nmiBlocked')) return this.deliverNmi(vcpu);
    const enabled = (this.memory.i32[(STATE + S.rflags) >> 2]! & RFLAGS_IF) !== 0;
    if (!state.u32('intrPending') || !enabled) return 'none';
    const vector = vcpu.cpu.host.acknowledgeInterrupt();
    if (vector === undefined) {
      state.setU32('intrPending', 0);
      return 'none';
    }
    this.stops.interruptedAt(state);
    return this.deliver(vcpu, { vector, kind: 'interrupt' });
  }
  private deliverNmi(vcpu: Vcpu): EngineReturn | undefined {
    const { state } = vcpu;
    state.setU32('nmiPending', 0);
    this.stops.interruptedAt(state);
    return this.deliver(vcpu, { vector: Vector.NMI, kind: 'nmi' });
  }
}
