// What KVM's interface needs of the machine around it: nothing but this. Times are those of the pCPU on which the vCPU in question runs.
import type { GuestMemory, VirtualNs } from '../../devices/ports';

/** The local APIC of one vCPU as PV EOI needs it. */
export interface KvmLocalApic {
  /** Highest vector in service, or -1. */
  highestInService(): number;
  /** Whether any interrupt waits in the request register. */
  requestPending(): boolean;
  /** Whether the IOAPIC wants to hear of the end of this vector (a level-triggered line of its own). */
  needsBroadcast(vector: number): boolean;
  /** As a write of the EOI register: ends the highest vector in service. */
  eoi(): void;
}

export interface KvmHost {
  readonly memory: GuestMemory;
  /** vCPUs that may ever exist (maxVcpus): sizes the per-vCPU state. */
  readonly vcpuCount: number;
  /** Frequency of the guest's TSC: 2 GHz. */
  readonly tscHz: number;
  /** Unix time of virtual time 0, in ns: the wall clock's base. */
  readonly wallClockBaseNs: bigint;

  /** Virtual time now, as this vCPU sees it. Inside scheduledIn and scheduledOut: of the switch. */
  nowNs(vcpu: number): VirtualNs;
  /** What RDTSC would read on this vCPU now (host TSC at nowNs plus its offset). */
  guestTsc(vcpu: number): bigint;

  /** Time this vCPU has spent runnable but not running since power-on: the one account of steal. */
  stealNs(vcpu: number): VirtualNs;
  /** Runnable, waiting for a pCPU. */
  isWaiting(vcpu: number): boolean;
  /** In HLT (or MWAIT) with nothing that woke it yet. */
  isHalted(vcpu: number): boolean;

  /** The vCPU whose local APIC has this id, if it is present. */
  vcpuOfApicId(apicId: number): number | undefined;
  /** A halted vCPU becomes runnable behind its HLT, though no interrupt waits. */
  wakeFromHalt(vcpu: number, byVcpu: number): void;
  /** Delivers an interrupt as the low half of an ICR says (vector, delivery mode, level, trigger); false where the target's APIC does not take it. */
  sendIpi(fromVcpu: number, toVcpu: number, icrLow: number): boolean;
  /** Gives the rest of the caller's time to a waiting vCPU; false where the scheduler cannot. Takes effect when the call has returned. */
  yieldTo(fromVcpu: number, toVcpu: number): boolean;
  /** Drops all TLB entries of a vCPU, global ones too, and records it ('tlb-flush'). */
  flushTlb(vcpu: number): void;
  localApic(vcpu: number): KvmLocalApic;

  /** Records a trace event of this vCPU at nowNs, RIP at the instruction; fields as in its row. */
  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void;
}
