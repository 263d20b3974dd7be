// Registers of the local APIC in words (SDM vol 3, 12.4 to 12.10): pending vectors, what an LVT entry does.

const DELIVERY = ['fixed', 'lowest priority', 'SMI', 'reserved', 'NMI', 'INIT', 'start-up', 'ExtINT'];
const TIMER_MODES = ['one-shot', 'periodic', 'TSC-deadline', 'reserved'];
const bit = (value: bigint, at: number): boolean => ((value >> BigInt(at)) & 1n) !== 0n;

/** undefined: nothing to say. */
export function apicText(name: string, value: bigint): string | undefined {
  if (/^apic\.(irr|isr|tmr)$/.test(name)) return vectors(value);
  if (name === 'apic.base') return bit(value, 11) ? (bit(value, 10) ? 'x2APIC' : 'xAPIC') + (bit(value, 8) ? ', BSP' : '') : 'disabled';
  if (name === 'apic.svr') return `${bit(value, 8) ? 'enabled' : 'disabled'}, spurious vector 0x${(value & 0xffn).toString(16)}`;
  if (name === 'apic.icr') return `${entry(value)}, destination 0x${(value >> 32n).toString(16)}`;
  if (!name.startsWith('apic.lvt_')) return undefined;
  const timer = name === 'apic.lvt_timer' ? `, ${TIMER_MODES[Number((value >> 17n) & 3n)]}` : '';
  return `${entry(value)}${timer}${bit(value, 16) ? ', masked' : ''}`;
}

function entry(value: bigint): string {
  const mode = Number((value >> 8n) & 7n);
  return mode === 0 ? `vector 0x${(value & 0xffn).toString(16)}` : (DELIVERY[mode] ?? '');
}

function vectors(value: bigint): string {
  const set: string[] = [];
  for (let vector = 0; vector < 256; vector++) if (bit(value, vector)) set.push(`0x${vector.toString(16)}`);
  return set.length === 0 ? 'none' : set.join(' ');
}
