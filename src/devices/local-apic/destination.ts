// Does a message address this local APIC? Physical, logical flat, logical cluster and x2APIC destinations (SDM vol 3, 10.6.2 and 10.12.10).
import type { ApicMode } from './apic-base';
import type { ApicMessage } from './messages';

const BROADCAST = 0xff;
const WIDE_BROADCAST = 0xffffffff;
const DFR_FLAT = 0xf;

export interface ApicAddress {
  readonly mode: ApicMode;
  /** The x2APIC id; in xAPIC mode its low eight bits. */
  readonly id: number;
  readonly ldr: number;
  readonly dfr: number;
}

/** 10.12.10.2: cluster in the upper half, one bit for the processor in the lower. */
export function x2apicLdr(id: number): number {
  return (((id >>> 4) << 16) | (1 << (id & 15))) >>> 0;
}

export function addressedBy(message: ApicMessage, apic: ApicAddress): boolean {
  const { destination } = message;
  if (apic.mode === 'disabled') return false;
  if (destination === (message.wide ? WIDE_BROADCAST : BROADCAST)) return true;
  if (!message.logical) return destination === apic.id;
  if (apic.mode === 'x2apic') return destination >>> 16 === apic.ldr >>> 16 && (destination & apic.ldr & 0xffff) !== 0;
  const logicalId = apic.ldr >>> 24;
  if (apic.dfr >>> 28 === DFR_FLAT) return (destination & logicalId) !== 0;
  const cluster = (destination >> 4) & 15;
  return (cluster === 15 || cluster === logicalId >> 4) && (destination & logicalId & 15) !== 0;
}
