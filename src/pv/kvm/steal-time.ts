// Steal time: the 64-byte area of a vCPU (struct kvm_steal_time), brought up to date whenever it gets a pCPU, and its `preempted` byte.
//
// While a vCPU is preempted other vCPUs may set KVM_VCPU_FLUSH_TLB there instead of sending it an IPI: it is flushed before it runs again.
import { TraceKind } from '../../trace/rows';
import { gpaOf, readU8, readU32, readU64, writeU8, writeU32, writeU64 } from '../guest-words';
import type { KvmHost } from './host-port';
import { type KvmVcpuData, MSR_ENABLED } from './vcpu-data';

/** Offsets in the structure. */
export const StealField = { steal: 0, version: 8, flags: 12, preempted: 16 } as const;
export const KVM_VCPU_PREEMPTED = 1;
export const KVM_VCPU_FLUSH_TLB = 2;
/** KVM_STEAL_RESERVED_MASK and KVM_STEAL_VALID_BITS. */
export const STEAL_RESERVED = 0x3en;
const STEAL_ADDRESS = ~0x3fn;

const area = (data: KvmVcpuData): number => gpaOf(data.stealTime & STEAL_ADDRESS);

/** The vCPU runs now, or has just switched the area on. `flush`: PV_TLB_FLUSH is shown to the guest. */
export function recordSteal(host: KvmHost, vcpu: number, data: KvmVcpuData, flush: boolean): void {
  if (!(data.stealTime & MSR_ENABLED)) return;
  const gpa = area(data);
  const memory = host.memory;
  const preempted = readU8(memory, gpa + StealField.preempted);
  let version = readU32(memory, gpa + StealField.version);
  const steal = readU64(memory, gpa + StealField.steal);
  if (preempted === undefined || version === undefined || steal === undefined) return;
  if (flush && preempted & KVM_VCPU_FLUSH_TLB) host.flushTlb(vcpu);
  writeU8(memory, gpa + StealField.preempted, 0);
  data.preempted = false;
  // The first update may find junk there: make it even, then odd while writing.
  if (version & 1) version++;
  writeU32(memory, gpa + StealField.version, (version + 1) >>> 0);
  const total = host.stealNs(vcpu);
  const added = total - data.lastStealNs;
  data.lastStealNs = total;
  writeU64(memory, gpa + StealField.steal, BigInt.asUintN(64, steal + BigInt(added)));
  version = (version + 2) >>> 0;
  writeU32(memory, gpa + StealField.version, version);
  host.trace(TraceKind['steal-update'], vcpu, gpa, BigInt.asUintN(64, steal + BigInt(added)), added, version);
}

/** The vCPU lost its pCPU against its will. */
export function markPreempted(host: KvmHost, data: KvmVcpuData): void {
  if (!(data.stealTime & MSR_ENABLED) || data.preempted) return;
  data.preempted = writeU8(host.memory, area(data) + StealField.preempted, KVM_VCPU_PREEMPTED);
}
