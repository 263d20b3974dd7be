// What a person sees of Xen's state of one vCPU: where its areas are in guest-physical memory (0: nowhere), and how events come.
import { HvmParam, type XenDomain } from './domain';
import { PAGE_SIZE } from './layout';
import type { PageRef } from './physmap';

const gpaOf = (ref: PageRef, offset: number): bigint => (ref.gfn < 0 ? 0n : BigInt(ref.gfn * PAGE_SIZE + offset));

export function xenRegisters(domain: XenDomain, vcpu: number): Record<string, bigint> {
  const data = domain.vcpus[vcpu]!;
  const info = domain.vcpuInfo(vcpu);
  const runState = data.runStateVa === 0n ? undefined : domain.host.translate(vcpu, data.runStateVa);
  return {
    vcpu_info: info === undefined ? 0n : gpaOf(info.ref, info.offset),
    runstate_area: BigInt(runState?.gpa ?? 0),
    shared_info: gpaOf(domain.sharedInfo, 0),
    hypercall_page: domain.hypercallPage,
    callback_irq: domain.params[HvmParam.callbackIrq]!,
    upcall_vector: BigInt(data.upcallVector),
    event_ports: BigInt(domain.events.ports.used().length),
  };
}
