// What a host's configuration must fulfil. Everything wrong is one clear message before anything is made.
import { UserError } from '../base/user-error';
import { MAX_VCPUS } from '../x86/layout';
import { parseCpuModel } from '../x86/models/parse-model';
import type { HostConfig, NeighbourConfig } from './control/types';
import { checkMemory } from './vm/memory-map';

const MAX_PCPUS = 64;

export const configErrors = {
  pcpus: (count: number) => new UserError('pcpus-range', `${count} physical CPUs: give 1 to ${MAX_PCPUS}`),
  vcpus: (count: number) => new UserError('vcpus-range', `${count} vCPUs: give 1 to ${MAX_VCPUS}`),
  maxVcpus: (count: number, max: number) => new UserError('max-vcpus-range', `maxVcpus ${max} is less than the ${count} vCPUs of the VM`),
  duty: (duty: number) => new UserError('neighbour-duty', `neighbour duty ${duty}: give a fraction from 0 to 1`),
  period: (ns: number) => new UserError('neighbour-period', `neighbour period of ${ns} ns: give at least 10us`),
  weight: (weight: number) => new UserError('weight-range', `weight ${weight}: give an integer from 1 to 65536`),
  cap: (what: string, percent: number) =>
    new UserError('cap-range', `${what} ${percent}: give percent of one physical CPU, a number from 1 to ${100 * MAX_PCPUS}`),
  affinity: (list: readonly number[], pcpus: number) =>
    new UserError('affinity-range', `affinity ${list.join(',') || '(empty)'}: name at least one of the host's pCPUs 0 to ${pcpus - 1}`),
  noVms: () => new UserError('no-vms', 'a host without a VM: name at least one image'),
  names: (name: string) => new UserError('vm-names', `two VMs are named ${name}: give each its own name`),
  neighbourPcpu: (pcpu: number, pcpus: number) =>
    new UserError('neighbour-pcpu', `a neighbour on pCPU ${pcpu}: the host has pCPUs 0 to ${pcpus - 1}`),
  absoluteFull: (pcpu: number) =>
    new UserError(
      'neighbour-absolute-full',
      `absolute neighbours on pCPU ${pcpu} leave nothing to anybody else: their duties must sum to less than 1`,
    ),
} as const;

export function checkWeight(weight: number): void {
  if (!isWeight(weight)) throw configErrors.weight(weight);
}
export function checkCap(what: 'cap' | 'vcpuCap', percent: number | null | undefined): void {
  if (percent === undefined || percent === null) return;
  if (!Number.isFinite(percent) || percent < 1 || percent > 100 * MAX_PCPUS) throw configErrors.cap(what, percent);
}
/** One that is not there may be named, beside one that is. */
export function checkAffinity(list: readonly number[] | null | undefined, pcpus: number): void {
  if (list === undefined || list === null) return;
  const valid = list.every((pcpu) => Number.isInteger(pcpu) && pcpu >= 0 && pcpu < MAX_PCPUS);
  if (!valid || !list.some((pcpu) => pcpu < pcpus)) throw configErrors.affinity(list, pcpus);
}
export function checkPcpus(pcpus: number): void {
  if (!Number.isInteger(pcpus) || pcpus < 1 || pcpus > MAX_PCPUS) throw configErrors.pcpus(pcpus);
}

const isWeight = (weight: number): boolean => Number.isInteger(weight) && weight >= 1 && weight <= 65536;

function checkNeighbour(config: NeighbourConfig, pcpus: number): void {
  if (!(config.duty >= 0 && config.duty <= 1)) throw configErrors.duty(config.duty);
  if (!Number.isSafeInteger(config.periodNs) || config.periodNs < 10_000) throw configErrors.period(config.periodNs);
  if (!isWeight(config.weight)) throw configErrors.weight(config.weight);
  if (!Number.isInteger(config.pcpu) || config.pcpu < 0 || config.pcpu >= pcpus) throw configErrors.neighbourPcpu(config.pcpu, pcpus);
}

export function checkHostConfig(config: HostConfig): void {
  const { pcpus, neighbours, vms } = config;
  checkPcpus(pcpus);
  if (vms.length === 0) throw configErrors.noVms();
  for (const neighbour of neighbours) checkNeighbour(neighbour, pcpus);
  for (let pcpu = 0; pcpu < pcpus; pcpu++) {
    const absolute = neighbours.filter((each) => each.absolute && each.pcpu === pcpu);
    if (absolute.reduce((sum, each) => sum + each.duty, 0) >= 1) throw configErrors.absoluteFull(pcpu);
  }
  for (const vm of vms) {
    if (!Number.isInteger(vm.vcpus) || vm.vcpus < 1 || vm.vcpus > MAX_VCPUS) throw configErrors.vcpus(vm.vcpus);
    if (vm.maxVcpus < vm.vcpus) throw configErrors.maxVcpus(vm.vcpus, vm.maxVcpus);
    if (vm.maxVcpus > MAX_VCPUS) throw configErrors.vcpus(vm.maxVcpus);
    checkWeight(vm.weight);
    checkCap('cap', vm.cap);
    checkCap('vcpuCap', vm.vcpuCap);
    checkAffinity(vm.affinity, pcpus);
    if (vms.some((other) => other !== vm && other.name === vm.name)) throw configErrors.names(vm.name);
    checkMemory(vm.memory, vm.maxMemory);
    parseCpuModel(vm.cpu, vm.hypervisor !== 'none');
  }
}
