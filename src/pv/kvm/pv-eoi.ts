// PV EOI: the guest ends an interrupt by clearing a bit in memory instead of writing the APIC's EOI register (Linux arch/x86/kvm/lapic.c).
//
// Before each entry the host sets the bit if ending the interrupt in service needs nothing else; at each exit it takes the bit back, and if the
// guest has cleared it by then, the interrupt has ended.
import { TraceKind } from '../../trace/rows';
import { gpaOf, readU8, writeU8 } from '../guest-words';
import type { KvmHost } from './host-port';
import { type KvmVcpuData, MSR_ENABLED } from './vcpu-data';

const KVM_PV_EOI_ENABLED = 1;
const area = (data: KvmVcpuData): number => gpaOf(data.pvEoi & ~MSR_ENABLED);

/** MSR_KVM_PV_EOI_EN; false: #GP (address not aligned, or no memory). */
export function setPvEoi(host: KvmHost, data: KvmVcpuData, value: bigint): boolean {
  const gpa = value & ~MSR_ENABLED;
  if (gpa & 3n) return false;
  if (value & MSR_ENABLED && readU8(host.memory, gpaOf(gpa)) === undefined) return false;
  data.pvEoi = value;
  data.pvEoiPending = false;
  return true;
}

export function pvEoiAtExit(host: KvmHost, vcpu: number, data: KvmVcpuData): void {
  if (!data.pvEoiPending) return;
  data.pvEoiPending = false;
  const word = readU8(host.memory, area(data)) ?? 0;
  writeU8(host.memory, area(data), word & ~KVM_PV_EOI_ENABLED);
  if (word & KVM_PV_EOI_ENABLED) return;
  const apic = host.localApic(vcpu);
  host.trace(TraceKind['interrupt-eoi'], vcpu, Math.max(apic.highestInService(), 0), 1);
  apic.eoi();
}

export function pvEoiAtEntry(host: KvmHost, vcpu: number, data: KvmVcpuData): void {
  if (data.pvEoiPending || !(data.pvEoi & MSR_ENABLED)) return;
  const apic = host.localApic(vcpu);
  const vector = apic.highestInService();
  if (vector < 0 || apic.requestPending() || apic.needsBroadcast(vector)) return;
  data.pvEoiPending = writeU8(host.memory, area(data), KVM_PV_EOI_ENABLED);
}
