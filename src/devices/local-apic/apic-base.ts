// IA32_APIC_BASE (MSR 1BH): enabling, relocation and the x2APIC state transitions (SDM vol 3, 10.4.4 and 10.12.5, figure 10-27).
import { APIC_BASE_BSP, APIC_BASE_EN, APIC_BASE_EXTD } from './registers';

export type ApicMode = 'disabled' | 'xapic' | 'x2apic';

export function apicMode(base: bigint): ApicMode {
  if ((base & BigInt(APIC_BASE_EN)) === 0n) return 'disabled';
  return (base & BigInt(APIC_BASE_EXTD)) === 0n ? 'xapic' : 'x2apic';
}

export function apicBaseGpa(base: bigint): number {
  return Number(base & ~0xfffn);
}

const ALLOWED: Readonly<Record<ApicMode, readonly ApicMode[]>> = {
  disabled: ['disabled', 'xapic'],
  xapic: ['xapic', 'x2apic', 'disabled'],
  x2apic: ['x2apic', 'disabled'],
};

/** Whether WRMSR of `next` over `current` is legal; otherwise it is #GP(0). */
export function apicBaseWriteAllowed(current: bigint, next: bigint, physicalAddressBits: number): boolean {
  const flags = BigInt(APIC_BASE_BSP | APIC_BASE_EXTD | APIC_BASE_EN);
  const address = ((1n << BigInt(physicalAddressBits)) - 1n) & ~0xfffn;
  if ((next & ~(flags | address)) !== 0n) return false;
  const extendedWhileDisabled = apicMode(next) === 'disabled' && (next & BigInt(APIC_BASE_EXTD)) !== 0n;
  return !extendedWhileDisabled && ALLOWED[apicMode(current)].includes(apicMode(next));
}
