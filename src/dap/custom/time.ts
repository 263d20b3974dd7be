// Run states of the vCPUs over virtual time, and their totals.
import { custom } from './custom';

const MOST = 5000;

export const time = custom('hyperscope/time', async (session, { fromNs, toNs, limit }) => {
  const guest = session.guest('hyperscope/time');
  const { control, vm } = guest;
  const statistics = await control.statistics();
  const bands = await control.runStates(
    Math.max(0, fromNs),
    toNs < 0 ? statistics.virtualNs : toNs,
    Math.max(1, Math.min(Math.floor(limit), MOST)),
  );
  guest.topics.read('time');
  return {
    nowNs: statistics.virtualNs,
    pcpus: (await control.scheduling()).pcpus,
    vcpus: statistics.vcpus
      .filter((each) => each.vm === vm)
      .map(({ vcpu, runningNs, runnableNs, blockedNs, offlineNs }) => ({
        vcpu,
        name: `vCPU ${vcpu}`,
        runningNs,
        runnableNs,
        blockedNs,
        offlineNs,
      })),
    clocks: statistics.ticks
      .filter((each) => each.vm === vm)
      .map(({ vcpu, source, ticks, lost, behindNs, points }) => ({
        name: vcpu < 0 ? source : `${source} of vCPU ${vcpu}`,
        ...{ ticks, lost, behindNs, points },
      })),
    bands: bands.filter((band) => band.vm === vm).map(({ vcpu, state, startNs, endNs, pcpu }) => ({ vcpu, state, startNs, endNs, pcpu })),
  };
});
