// MSRs of the local APIC (SDM vol 4, table 2-2).
import type { LocalApic } from '../../devices/local-apic/local-apic';
import type { ApicRegisters } from '../../devices/local-apic/register-access';

const ApicMsr = { base: 0x1b, tscDeadline: 0x6e0, x2apicFirst: 0x800, x2apicLast: 0x8ff } as const;
const isX2apic = (index: number): boolean => index >= ApicMsr.x2apicFirst && index <= ApicMsr.x2apicLast;

/** undefined: there is no such MSR. */
export function readApicMsr(lapic: LocalApic, registers: ApicRegisters, index: number): bigint | undefined {
  if (index === ApicMsr.base) return lapic.apicBase;
  if (index === ApicMsr.tscDeadline) return lapic.timer.tscDeadline;
  return isX2apic(index) ? registers.readMsr(index) : undefined;
}

/** Whether the write is not refused. */
export function writeApicMsr(lapic: LocalApic, registers: ApicRegisters, index: number, value: bigint): boolean {
  if (index === ApicMsr.base) return lapic.writeApicBase(value);
  if (isX2apic(index)) return registers.writeMsr(index, value);
  if (index !== ApicMsr.tscDeadline) return false;
  lapic.timer.tscDeadline = value;
  return true;
}
