// The host's counters, as text and as data.
import { custom } from './custom';

export const statistics = custom('hyperscope/statistics', async (session) => {
  const json = await session.guest('hyperscope/statistics').control.statistics();
  const lines = [
    `virtual time  ${(json.virtualNs / 1e6).toFixed(3)} ms`,
    `instructions  ${json.instructions}`,
    ...json.vcpus.map(({ vcpu, runningNs, runnableNs, blockedNs }) => {
      const ms = (ns: number): string => (ns / 1e6).toFixed(3);
      return `vCPU ${vcpu}  running ${ms(runningNs)} ms, runnable ${ms(runnableNs)} ms, blocked ${ms(blockedNs)} ms`;
    }),
    ...json.exits.filter(({ count }) => count > 0).map(({ reason, count, virtualNs }) => `${reason}  ${count} exits, ${virtualNs} ns`),
  ];
  return { text: lines.join('\n'), json };
});
