// The host's counters, as text and as data.
import type { TickClock, VmUsageTotals } from '../../machine/control/types';
import { custom } from './custom';

/** Pay per use: a line for each VM, and their sum. */
function usageLines(usage: readonly VmUsageTotals[]): string[] {
  const line = (name: string, of: Omit<VmUsageTotals, 'vm' | 'name'>): string => {
    const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
    const cpu = `guest ${seconds(of.guestCpuNs)} CPU-s, hypervisor ${seconds(of.hypervisorCpuNs)} CPU-s`;
    return `${name}  ${cpu}, memory ${seconds(of.memoryMibNs)} MiB-s, ${of.exits} exits, ${of.consoleBytes} console bytes`;
  };
  const sum = (key: Exclude<keyof VmUsageTotals, 'name'>): number => usage.reduce((total, each) => total + each[key], 0);
  const lines = usage.map((each) => line(each.name, each));
  if (usage.length < 2) return lines;
  const total = {
    guestCpuNs: sum('guestCpuNs'),
    hypervisorCpuNs: sum('hypervisorCpuNs'),
    memoryMibNs: sum('memoryMibNs'),
    exits: sum('exits'),
    consoleBytes: sum('consoleBytes'),
  };
  return [...lines, line('all VMs', total)];
}

const tickLine = ({ vcpu, source, ticks, lost, behindNs }: TickClock): string =>
  `${source}${vcpu < 0 ? '' : ` of vCPU ${vcpu}`}  ${ticks} ticks, ${lost} lost, ${(behindNs / 1e6).toFixed(3)} ms behind`;

export const statistics = custom('hyperscope/statistics', async (session) => {
  const json = await session.guest('hyperscope/statistics').control.statistics();
  const lines = [
    `virtual time  ${(json.virtualNs / 1e6).toFixed(3)} ms`,
    `instructions  ${json.instructions}`,
    ...json.vcpus.map(({ vm, vcpu, runningNs, runnableNs, blockedNs, offlineNs }) => {
      const ms = (ns: number): string => (ns / 1e6).toFixed(3);
      const of = json.usage.length > 1 ? `${json.usage[vm]?.name} ` : '';
      const offline = offlineNs > 0 ? `, offline ${ms(offlineNs)} ms` : '';
      return `${of}vCPU ${vcpu}  running ${ms(runningNs)} ms, runnable ${ms(runnableNs)} ms, blocked ${ms(blockedNs)} ms${offline}`;
    }),
    ...json.exits.filter(({ count }) => count > 0).map(({ reason, count, virtualNs }) => `${reason}  ${count} exits, ${virtualNs} ns`),
    ...usageLines(json.usage),
    ...json.ticks.map(tickLine),
  ];
  return { text: lines.join('\n'), json };
});
