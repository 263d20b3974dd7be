// MSRs of the local APIC (SDM vol 4, table 2-2; vol 3, table 12-6 for x2APIC), which belong to the machine and not to the processor's rows.
import type { ConstantEntry } from './entry';
import { hex } from './hex';

const rows: readonly [index: number, name: string, doc: string][] = [
  [0x1b, 'IA32_APIC_BASE', 'Where the local APIC is; bit 8 BSP, bit 10 x2APIC mode, bit 11 enabled.'],
  [0x6e0, 'IA32_TSC_DEADLINE', 'The APIC timer fires when the TSC reaches it; 0 disarms.'],
  [0x802, 'IA32_X2APIC_APICID', 'Identifier of the local APIC.'],
  [0x803, 'IA32_X2APIC_VERSION', 'Version of the local APIC.'],
  [0x808, 'IA32_X2APIC_TPR', 'Task priority.'],
  [0x80a, 'IA32_X2APIC_PPR', 'Processor priority.'],
  [0x80b, 'IA32_X2APIC_EOI', 'End of interrupt: writes of 0.'],
  [0x80d, 'IA32_X2APIC_LDR', 'Logical destination.'],
  [0x80f, 'IA32_X2APIC_SIVR', 'Spurious interrupt vector, and the software enable in bit 8.'],
  [0x828, 'IA32_X2APIC_ESR', 'Error status.'],
  [0x82f, 'IA32_X2APIC_LVT_CMCI', 'Local vector of corrected machine checks.'],
  [0x830, 'IA32_X2APIC_ICR', 'Interrupt command: one write sends an IPI.'],
  [0x832, 'IA32_X2APIC_LVT_TIMER', 'Local vector of the timer, and its mode in bits 18:17.'],
  [0x835, 'IA32_X2APIC_LVT_LINT0', 'Local vector of the pin LINT0.'],
  [0x836, 'IA32_X2APIC_LVT_LINT1', 'Local vector of the pin LINT1.'],
  [0x837, 'IA32_X2APIC_LVT_ERROR', 'Local vector of errors.'],
  [0x838, 'IA32_X2APIC_INIT_COUNT', 'Initial count of the timer.'],
  [0x839, 'IA32_X2APIC_CUR_COUNT', 'Current count of the timer.'],
  [0x83e, 'IA32_X2APIC_DIV_CONF', 'Divider of the timer.'],
  [0x83f, 'IA32_X2APIC_SELF_IPI', 'Sends a vector to itself.'],
];

export const hostMsrConstants = (): [number, ConstantEntry][] =>
  rows.map(([index, name, doc]) => [index, { name, what: `MSR ${hex(index)}`, doc, details: [], source: 'SDM vol 4, ch. 2' }]);
