// Weights, caps, affinity and physical CPUs while the host runs: what is set, and a change to it, which is a logged input and so happens at a virtual time.
import { UserError } from '../base/user-error';
import type { VirtualNs } from '../devices/ports';
import type { SchedulingChange, SchedulingInfo } from './control/types';
import type { Host } from './host';
import { checkAffinity, checkCap, checkPcpus, checkWeight } from './host-config';
import { POLICY_NAMES } from './sched/policies.rows';

export const schedulingErrors = {
  nothing: () => new UserError('schedule-nothing', 'nothing to change: give weight, cap, vcpuCap, affinity, pcpus or policy'),
  noVm: (vm: number) => new UserError('schedule-no-vm', `there is no VM ${vm}`),
  noVcpu: (vm: number, vcpu: number) => new UserError('schedule-no-vcpu', `there is no vCPU ${vcpu} in VM ${vm}`),
  whichVm: () => new UserError('schedule-which-vm', 'weight, cap, vcpuCap and affinity are of a VM: name it'),
  wholeVm: () => new UserError('schedule-whole-vm', 'cap is of a whole VM: vcpuCap is what one vCPU may use'),
  noPolicy: (name: string) => new UserError('schedule-no-policy', `there is no policy "${name}": give ${POLICY_NAMES.join(', ')}`),
  neighbour: (pcpu: number) =>
    new UserError('schedule-neighbour', `a neighbour runs on pCPU ${pcpu}: the host cannot have fewer than ${pcpu + 1} pCPUs`),
} as const;

/** Everything that is wrong with a change is said before it is logged. */
export function checkChange(host: Host, change: SchedulingChange): void {
  const { vm, vcpu, weight, cap, vcpuCap, affinity, pcpus, policy } = change;
  const ofVm = [weight, cap, vcpuCap, affinity].some((value) => value !== undefined);
  if (!ofVm && pcpus === undefined && policy === undefined) throw schedulingErrors.nothing();
  if (ofVm && vm === undefined) throw schedulingErrors.whichVm();
  if (vm !== undefined && host.vms[vm] === undefined) throw schedulingErrors.noVm(vm);
  if (vm !== undefined && vcpu !== undefined && host.vms[vm]?.vcpus[vcpu] === undefined) throw schedulingErrors.noVcpu(vm, vcpu);
  if (vcpu !== undefined && cap !== undefined) throw schedulingErrors.wholeVm();
  if (weight !== undefined) checkWeight(weight);
  checkCap('cap', cap);
  checkCap('vcpuCap', vcpuCap);
  if (pcpus !== undefined) {
    checkPcpus(pcpus);
    const last = Math.max(-1, ...host.config.neighbours.map((neighbour) => neighbour.pcpu));
    if (last >= pcpus) throw schedulingErrors.neighbour(last);
  }
  if (policy !== undefined && !POLICY_NAMES.includes(policy)) throw schedulingErrors.noPolicy(policy);
  checkAffinity(affinity, pcpus ?? host.scheduler.onlinePcpus);
}

export function applyChange(host: Host, change: SchedulingChange, atNs: VirtualNs): void {
  const { scheduler } = host;
  const { weight, cap, vcpuCap, affinity, pcpus, policy } = change;
  const vm = change.vm === undefined ? undefined : host.vms[change.vm];
  if (vm !== undefined) {
    if (cap !== undefined) vm.quota.set(cap ?? undefined, atNs);
    for (const { index, entity } of vm.vcpus) {
      if (change.vcpu !== undefined && change.vcpu !== index) continue;
      if (weight !== undefined) entity.weight = weight;
      if (vcpuCap !== undefined) entity.quota.set(vcpuCap ?? undefined, atNs);
      if (affinity !== undefined) entity.affinity = affinity ?? undefined;
      scheduler.changed(entity, atNs);
    }
  }
  if (pcpus !== undefined) scheduler.setPcpus(pcpus, atNs);
  if (policy !== undefined) scheduler.setPolicy(policy, atNs);
}

export function schedulingOf(host: Host): SchedulingInfo {
  return {
    policy: host.scheduler.policy,
    pcpus: host.scheduler.onlinePcpus,
    vms: host.vms.map((vm) => ({
      name: vm.config.name,
      cap: vm.quota.percent ?? null,
      vcpus: vm.vcpus.map(({ entity }) => ({
        weight: entity.weight,
        cap: entity.quota.percent ?? null,
        affinity: entity.affinity === undefined ? null : [...entity.affinity],
      })),
    })),
  };
}
