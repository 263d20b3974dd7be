// Steal time under a neighbour: what /proc/stat says between two points is what the host's account says between them. Each point is the end of a run of its own: runs repeat.
import assert from 'node:assert/strict';
import { type Boot, bootLinux } from './boots';
import type { LinuxGuest } from './packages';

const BOOT = { machine: 'minimal', cpu: 'x86-64-v1', entry: 'fast', append: 'guest.steal' } as const;
/** Whose account is compared: one vCPU, and two. */
export const STEAL_BOOTS: readonly Pick<Boot, 'hypervisor' | 'vcpus'>[] = [
  { hypervisor: 'kvm', vcpus: 1 },
  { hypervisor: 'kvm', vcpus: 2 },
  { hypervisor: 'xen', vcpus: 1 },
];
const TICK_NS = 10_000_000;
const MOST_DIFFERENCE = 0.02;

function stolenUntil(guest: LinuxGuest, boot: (typeof STEAL_BOOTS)[number], point: string): { guestNs: number; hostNs: number } {
  const neighbours = Array.from({ length: boot.vcpus }, (_, pcpu) => ['--neighbour', `duty=0.8,pcpu=${pcpu},absolute`]).flat();
  const { stdout, stats } = bootLinux(guest, { ...BOOT, ...boot }, ...neighbours, '--until', `GUEST: ${point} told`);
  const fields = new RegExp(`GUEST: steal-${point} cpu +(.*)`).exec(stdout)?.[1]?.split(' ') ?? [];
  const hostNs = stats.vcpus.reduce((sum, { runnableNs }) => sum + runnableNs, 0);
  return { guestNs: Number(fields[7]) * TICK_NS, hostNs };
}

export function checkSteal(guest: LinuxGuest, boot: (typeof STEAL_BOOTS)[number]): string {
  const [start, end] = [stolenUntil(guest, boot, 'start'), stolenUntil(guest, boot, 'end')];
  const [guestNs, hostNs] = [end.guestNs - start.guestNs, end.hostNs - start.hostNs];
  const text = `guest ${(guestNs / 1e9).toFixed(2)} s, host ${(hostNs / 1e9).toFixed(3)} s`;
  assert.ok(hostNs > 1e9 && Math.abs(guestNs - hostNs) <= hostNs * MOST_DIFFERENCE, text);
  return text;
}
