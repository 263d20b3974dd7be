// Steal time under a neighbour: what /proc/stat says between two points is what the host's account says between them. Each point is the end of a run of its own: runs repeat.
import assert from 'node:assert/strict';
import { type Boot, bootLinux } from './boots';
import type { LinuxGuest } from './packages';

const BOOT = { machine: 'minimal', vcpus: 1, cpu: 'x86-64-v1', entry: 'fast', append: 'guest.steal' } as const;
export const STEAL_VCPUS = [1, 2];
const TICK_NS = 10_000_000;
const MOST_DIFFERENCE = 0.02;

function stolenUntil(guest: LinuxGuest, hypervisor: Boot['hypervisor'], vcpus: number, point: string): { guestNs: number; hostNs: number } {
  const neighbours = Array.from({ length: vcpus }, (_, pcpu) => ['--neighbour', `duty=0.8,pcpu=${pcpu},absolute`]).flat();
  const { stdout, stats } = bootLinux(guest, { ...BOOT, hypervisor, vcpus }, ...neighbours, '--until', `GUEST: ${point} told`);
  const fields = new RegExp(`GUEST: steal-${point} cpu +(.*)`).exec(stdout)?.[1]?.split(' ') ?? [];
  const hostNs = stats.vcpus.reduce((sum, { runnableNs }) => sum + runnableNs, 0);
  return { guestNs: Number(fields[7]) * TICK_NS, hostNs };
}

export function checkSteal(guest: LinuxGuest, vcpus: number, hypervisor: 'kvm' | 'xen'): string {
  const [start, end] = [stolenUntil(guest, hypervisor, vcpus, 'start'), stolenUntil(guest, hypervisor, vcpus, 'end')];
  const [guestNs, hostNs] = [end.guestNs - start.guestNs, end.hostNs - start.hostNs];
  const text = `guest ${(guestNs / 1e9).toFixed(2)} s, host ${(hostNs / 1e9).toFixed(3)} s`;
  assert.ok(hostNs > 1e9 && Math.abs(guestNs - hostNs) <= hostNs * MOST_DIFFERENCE, text);
  return text;
}
