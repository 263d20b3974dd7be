// What KVM's interface remembers of one vCPU, and how it is saved.
import type { SavedValue } from '../../base/saved';

/** KVM_MSR_ENABLED. */
export const MSR_ENABLED = 1n;

/** Values of MSRs as last written, and the little that hangs on them. */
export interface KvmVcpuData {
  /** MSR_KVM_SYSTEM_TIME(_NEW): enable bit and address of the clock page. */
  systemTime: bigint;
  /** MSR_KVM_STEAL_TIME. */
  stealTime: bigint;
  /** Steal already added to the area, ns. */
  lastStealNs: number;
  /** KVM_VCPU_PREEMPTED stands in the area. */
  preempted: boolean;
  /** MSR_KVM_PV_EOI_EN. */
  pvEoi: bigint;
  /** The bit in memory was set at the last entry: the guest may end its interrupt by clearing it. */
  pvEoiPending: boolean;
  /** MSR_KVM_POLL_CONTROL. */
  pollControl: bigint;
  /** A kick that came while the vCPU was not halted: its next HLT returns at once. */
  unhalted: boolean;
}

export function newVcpuData(): KvmVcpuData {
  return {
    systemTime: 0n,
    stealTime: 0n,
    lastStealNs: 0,
    preempted: false,
    pvEoi: 0n,
    pvEoiPending: false,
    pollControl: 1n,
    unhalted: false,
  };
}

/** INIT and power-on take the areas away (kvm_vcpu_reset); the steal account and the poll control go on. */
export function resetVcpuData(data: KvmVcpuData): void {
  data.systemTime = 0n;
  data.stealTime = 0n;
  data.preempted = false;
  data.pvEoi = 0n;
  data.pvEoiPending = false;
  data.unhalted = false;
}

export function saveVcpuData(data: KvmVcpuData): SavedValue {
  return { ...data };
}

export function restoreVcpuData(data: KvmVcpuData, state: SavedValue): void {
  Object.assign(data, state as unknown as KvmVcpuData);
}
