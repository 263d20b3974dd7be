// Figures of a run so far, for statistics files and the Time panel. All times are one account's: the four states of a vCPU sum to the host's virtual time.
import type { HostStatistics, RunStateBand, VmUsageTotals } from './control/types';
import type { Host } from './host';
import type { Vm } from './vm/vm';

/** The latest instant that anything on the host has reached. */
export function elapsedNs(host: Host): number {
  let latest = host.loop.reachedNs;
  for (const vm of host.vms) for (const { entity } of vm.vcpus) latest = Math.max(latest, entity.account.sinceNs);
  return latest;
}

export function hostStatistics(host: Host): HostStatistics {
  const virtualNs = elapsedNs(host);
  const totals = new Map<string, { count: number; virtualNs: number }>();
  for (const vm of host.vms) {
    for (const { reason, count, virtualNs: ns } of vm.exits.totals()) {
      const sum = totals.get(reason) ?? { count: 0, virtualNs: 0 };
      totals.set(reason, { count: sum.count + count, virtualNs: sum.virtualNs + ns });
    }
  }
  return {
    virtualNs,
    instructions: host.instructions,
    vcpus: host.vms.flatMap((vm) =>
      vm.vcpus.map(({ index, entity: { account } }) => ({
        vm: vm.index,
        vcpu: index,
        runningNs: account.ns('running', virtualNs),
        runnableNs: account.ns('runnable', virtualNs),
        blockedNs: account.ns('blocked', virtualNs),
        offlineNs: account.ns('offline', virtualNs),
        hypervisorNs: account.hypervisorNs,
      })),
    ),
    exits: [...totals].map(([reason, sum]) => ({ reason, ...sum })),
    pcpus: host.scheduler.pcpus.map((pcpu) => {
      const { id, online, gaveNs, current, chargedNs } = pcpu;
      const openNs = current === undefined ? 0 : Math.max(0, virtualNs - chargedNs);
      const vcpusNs = gaveNs.vcpus + (pcpu.runsVcpu ? openNs : 0);
      const neighboursNs = gaveNs.neighbours + (pcpu.runsVcpu ? 0 : openNs);
      return { pcpu: id, online, vcpusNs, neighboursNs, idleNs: virtualNs - vcpusNs - neighboursNs };
    }),
    usage: host.vms.map((vm) => usageOf(vm, virtualNs)),
    ticks: host.vms.flatMap((vm) => vm.tickClocks.view(vm.index, vm.chipset.ticks)),
    traceDropped: host.recorder.reader.dropped(),
    engine: host.vms.map((vm) => ({ vm: vm.index, counters: { ...vm.engine.statistics() } })),
  };
}

const MIB = 2 ** 20;

function usageOf(vm: Vm, virtualNs: number): VmUsageTotals {
  let [runningNs, hypervisorNs] = [0, 0];
  for (const { entity } of vm.vcpus) {
    runningNs += entity.account.ns('running', virtualNs);
    hypervisorNs += entity.account.hypervisorNs;
  }
  return {
    vm: vm.index,
    name: vm.config.name,
    guestCpuNs: runningNs - hypervisorNs,
    hypervisorCpuNs: hypervisorNs,
    memoryMibNs: (vm.config.memory / MIB) * vm.usage.memoryNs(virtualNs),
    exits: vm.exits.totals().reduce((sum, { count }) => sum + count, 0),
    consoleBytes: vm.usage.consoleBytes,
  };
}

/** At most `limit` bands per vCPU. */
export function hostRunStates(host: Host, fromNs: number, toNs: number, limit: number): RunStateBand[] {
  const virtualNs = elapsedNs(host);
  return host.vms.flatMap((vm) =>
    vm.vcpus.flatMap(({ index, entity: { account } }) => {
      const present = { state: account.state, startNs: account.sinceNs, endNs: virtualNs, pcpu: account.pcpu };
      return account.history
        .query(fromNs, Math.min(toNs, virtualNs), limit, present)
        .map((band) => ({ vm: vm.index, vcpu: index, ...band }));
    }),
  );
}
