// What belongs to a vCPU and is no state of the CPU itself: its local APIC and the MSRs of its hypervisor interface, by names as registers have them.
// Looking changes nothing: no observer is asked, no timer settled.
import type { LocalApic } from '../devices/local-apic/local-apic';
import type { PvInterface } from '../pv/interface';

const VECTOR_WORDS = 8;
/** In the order of LVT entries. */
const LVT = ['timer', 'thermal', 'performance', 'lint0', 'lint1', 'error'];
/** Older numbers of the same registers are left out. */
const FIRST_OWN_MSR = 0x4000_0000;

export function apicRegisters(apic: LocalApic): Record<string, bigint> {
  const words = (set: 'irr' | 'isr' | 'tmr'): bigint => {
    let value = 0n;
    for (let word = VECTOR_WORDS - 1; word >= 0; word--) value = (value << 32n) | BigInt(apic.vectorWord(set, word) >>> 0);
    return value;
  };
  const values: Record<string, bigint> = {
    'apic.id': BigInt(apic.apicId),
    'apic.base': apic.apicBase,
    'apic.tpr': BigInt(apic.tpr),
    'apic.ldr': BigInt(apic.ldr),
    'apic.dfr': BigInt(apic.dfr),
    'apic.svr': BigInt(apic.svr),
    'apic.isr': words('isr'),
    'apic.tmr': words('tmr'),
    'apic.irr': words('irr'),
    'apic.esr': BigInt(apic.errors.state.shown),
    'apic.icr': (BigInt(apic.icr.state.high >>> 0) << 32n) | BigInt(apic.icr.state.low >>> 0),
    'apic.timer_initial': BigInt(apic.timer.initialCount),
    'apic.timer_divide': BigInt(apic.timer.divide),
  };
  for (const [entry, name] of LVT.entries()) values[`apic.lvt_${name}`] = BigInt(apic.lvt(entry) >>> 0);
  return values;
}

/** "kvm.steal_time" for MSR_KVM_STEAL_TIME. */
export function paravirtRegisters(pv: PvInterface | undefined, vcpu: number): Record<string, bigint> {
  const values: Record<string, bigint> = {};
  for (const { name, index } of pv?.rows.msrs ?? []) {
    const value = index < FIRST_OWN_MSR ? undefined : pv?.readMsr(vcpu, index);
    if (value === undefined || pv === undefined) continue;
    const short = name.toLowerCase().replace(`msr_${pv.rows.name}_`, '').replace(/_new$/, '');
    values[`${pv.rows.name}.${short}`] = value;
  }
  for (const [name, value] of Object.entries(pv?.registers?.(vcpu) ?? {})) values[`${pv?.rows.name}.${name}`] = value;
  return values;
}
