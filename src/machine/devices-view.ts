// The devices of a VM as they stand, and what is going to happen next in virtual time. Looking changes nothing.
import type { MachineDevices } from './control/devices-view';
import type { Host } from './host';
import { elapsedNs } from './statistics';
import { EventClass } from './time/event-queue';

const KINDS = { [EventClass.input]: 'input', [EventClass.guest]: 'guest', [EventClass.background]: 'background' } as const;

export function devicesOf(host: Host, vm: number): MachineDevices {
  const own = `vm${vm}.`;
  const nowNs = elapsedNs(host);
  const short = (name: string): string => (name.startsWith(own) ? name.slice(own.length) : name);
  const { held, clock } = host.vms[vm]!;
  const isOfOther = (name: string): boolean => /^vm\d+\./.test(name) && !name.startsWith(own);
  return {
    nowNs,
    guestNs: clock.ofHost(nowNs),
    guestStands: clock.stands,
    devices: host.vms[vm]!.chipset.describe(),
    pending: [
      ...host.events.pending.map(({ name, deadlineNs, eventClass }) => ({
        ...{ name: short(name), deadlineNs },
        kind: isOfOther(name) ? ('background' as const) : KINDS[eventClass],
      })),
      ...held.timers.map(({ name, leftNs }) => ({ name: short(name), deadlineNs: nowNs + leftNs, kind: 'held' as const })),
    ],
  };
}
