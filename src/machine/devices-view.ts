// The devices of a VM as they stand, and what is going to happen next in virtual time. Looking changes nothing.
import type { MachineDevices } from './control/devices-view';
import type { Host } from './host';
import { elapsedNs } from './statistics';
import { EventClass } from './time/event-queue';

const KINDS = { [EventClass.input]: 'input', [EventClass.guest]: 'guest', [EventClass.background]: 'background' } as const;

export function devicesOf(host: Host, vm: number): MachineDevices {
  const own = `vm${vm}.`;
  return {
    nowNs: elapsedNs(host),
    devices: host.vms[vm]?.chipset.describe() ?? [],
    pending: host.events.pending.map(({ name, deadlineNs, eventClass }) => ({
      name: name.startsWith(own) ? name.slice(own.length) : name,
      deadlineNs,
      kind: KINDS[eventClass],
    })),
  };
}
