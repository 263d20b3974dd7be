// The local APIC's registers as somebody who looks at it wants them (SDM vol 3, 10.4 to 10.9; register names of table 10-1).
import { type DescribedRegister, type DeviceDescription, nextEvent, register } from '../describe';
import { DELIVERY_NAMES } from './delivery-names';
import type { LocalApic } from './local-apic';
import { LVT_LEVEL, LVT_MASKED, LVT_REMOTE_IRR, LVT_VECTOR } from './registers';

const MODES = { disabled: 'disabled', xapic: 'xAPIC', x2apic: 'x2APIC' } as const;
const LVT_NAMES = ['Timer', 'Thermal', 'Performance', 'LINT0', 'LINT1', 'Error'];
const TIMER_MODES = ['one-shot', 'periodic', 'TSC-deadline', 'reserved'];
const ESR_BITS = { 4: 'redirectable IPI', 5: 'send illegal vector', 6: 'receive illegal vector', 7: 'illegal register' };
const WORDS = 8;

function vectors(apic: LocalApic, set: 'irr' | 'isr' | 'tmr'): DescribedRegister {
  let value = 0n;
  const members: number[] = [];
  for (let word = WORDS - 1; word >= 0; word--) value = (value << 32n) | BigInt(apic.vectorWord(set, word) >>> 0);
  for (let vector = 0; vector < 256; vector++) if ((value >> BigInt(vector)) & 1n) members.push(vector);
  return { name: set.toUpperCase(), value, bits: 256, members };
}

export function describeLocalApic(apic: LocalApic): DeviceDescription {
  const { timer } = apic;
  const { mode, running, deadlineNs, currentCount } = timer.view;
  const icr = (BigInt(apic.icr.state.high >>> 0) << 32n) | BigInt(apic.icr.state.low >>> 0);
  return {
    title: 'Local APIC',
    registers: [
      { name: 'IA32_APIC_BASE', value: apic.apicBase, bits: 64, meaning: MODES[apic.mode], set: (apic.apicBase >> 8n) & 1n ? ['BSP'] : [] },
      { name: 'ID', value: apic.apicId },
      register('TPR', apic.tpr, 8),
      register('PPR', apic.processorPriority, 8),
      register('LDR', apic.ldr, 32),
      register('DFR', apic.dfr, 32),
      { ...register('SVR', apic.svr, 32), meaning: apic.softwareEnabled ? 'software enabled' : 'software disabled' },
      vectors(apic, 'irr'),
      vectors(apic, 'isr'),
      vectors(apic, 'tmr'),
      register('ESR', apic.errors.state.shown, 32, ESR_BITS),
      { name: 'ICR', value: icr, bits: 64, meaning: DELIVERY_NAMES[Number((icr >> 8n) & 7n)] ?? '' },
      { name: 'timer mode', value: null, meaning: TIMER_MODES[mode] ?? '' },
      { name: 'timer initial count', value: timer.initialCount },
      { name: 'timer current count', value: currentCount },
      { name: 'timer tick', value: timer.tickNs, unit: 'ns' },
      { name: 'IA32_TSC_DEADLINE', value: timer.view.tscDeadline, bits: 64 },
      { ...nextEvent('timer fires', deadlineNs), meaning: running && !timer.view.heard ? 'masked: counts unheard' : '' },
    ],
    tables: [
      {
        name: 'Local vector table',
        columns: [
          { name: 'entry' },
          { name: 'vector', bits: 8 },
          { name: 'delivery' },
          { name: 'masked' },
          { name: 'trigger' },
          { name: 'remote IRR' },
        ],
        rows: LVT_NAMES.map((name, entry) => {
          const value = apic.lvt(entry);
          const trigger = (value & LVT_LEVEL) !== 0 ? 'level' : 'edge';
          const delivery = name === 'Timer' || name === 'Error' ? 'Fixed' : (DELIVERY_NAMES[(value >> 8) & 7] ?? '');
          return [
            name,
            value & LVT_VECTOR,
            delivery,
            (value & LVT_MASKED) !== 0,
            name.startsWith('LINT') ? trigger : null,
            (value & LVT_REMOTE_IRR) !== 0,
          ];
        }),
      },
    ],
  };
}
