// event_channel_op (xen/common/event_channel.c).
import { Virq } from '../domain';
import { XenErrno } from '../errno';
import { ControlBlock, FIFO_LINK_BITS, LOWEST_PRIORITY } from '../events/fifo';
import type { Port, PortBinding } from '../events/ports';
import { PAGE_SIZE } from '../layout';
import { isSelf, type XenCall, type XenCallHandler } from './call';

const isPerVcpu = (virq: number): boolean => ([Virq.timer, Virq.debug, Virq.xenoprof, Virq.xenpmu] as number[]).includes(virq);
/** EVTCHNSTAT_*. */
const STATUS = { free: 0, unbound: 1, interdomain: 2, virq: 4, ipi: 5 } as const;

const withStruct =
  (size: number, body: (call: XenCall, view: DataView) => bigint): XenCallHandler =>
  (call) => {
    const view = call.guest.view(call.args[1]!, size);
    return view === undefined ? XenErrno.EFAULT : body(call, view);
  };
const isVcpu = ({ domain }: XenCall, vcpu: number): boolean => vcpu < domain.vcpus.length;

/** A new port, told to the guest at `offset` of its structure. */
function open(call: XenCall, binding: PortBinding, vcpu: number, offset: bigint, opened: (port: number) => void = () => {}): bigint {
  const { events } = call.domain;
  const port = events.allocate(binding, vcpu);
  if (port === undefined) return XenErrno.ENOSPC;
  if (!call.guest.writeU32(call.args[1]! + offset, port)) {
    events.ports.free(port);
    return XenErrno.EFAULT;
  }
  events.abi.clearPending(port);
  opened(port);
  return 0n;
}

const allocUnbound = withStruct(8, (call, view) => {
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.EPERM;
  const remote = view.getUint16(2, true);
  return open(call, { kind: 'unbound', domain: isSelf(call, remote) ? call.domain.host.domainId : remote }, 0, 4n);
});

const bindInterdomain = withStruct(12, (call, view) => {
  const { domain } = call;
  const { domainId } = domain.host;
  const remotePort = view.getUint32(4, true);
  const remoteDomain = view.getUint16(0, true);
  if (!isSelf(call, remoteDomain)) return remoteDomain === 0 ? XenErrno.EINVAL : XenErrno.ESRCH;
  const remote = domain.events.ports.get(remotePort);
  if (remote?.binding.kind !== 'unbound' || remote.binding.domain !== domainId) return XenErrno.EINVAL;
  return open(call, { kind: 'interdomain', domain: domainId, port: remotePort }, 0, 8n, (port) => {
    remote.binding = { kind: 'interdomain', domain: domainId, port };
    // What was sent before the connection is not lost (evtchn_bind_interdomain).
    domain.events.notify(port, 'guest', call.vcpu);
  });
});

const bindVirq = withStruct(12, (call, view) => {
  const virq = view.getUint32(0, true);
  const vcpu = view.getUint32(4, true);
  if (virq >= Virq.count || (!isPerVcpu(virq) && vcpu !== 0)) return XenErrno.EINVAL;
  if (!isVcpu(call, vcpu)) return XenErrno.ENOENT;
  const ports = call.domain.vcpus[vcpu]!.virqPorts;
  if (ports[virq] !== 0) return XenErrno.EEXIST;
  return open(call, { kind: 'virq', virq, home: vcpu }, vcpu, 8n, (port) => {
    ports[virq] = port;
  });
});

const bindIpi = withStruct(8, (call, view) => {
  const vcpu = view.getUint32(0, true);
  return isVcpu(call, vcpu) ? open(call, { kind: 'ipi' }, vcpu, 4n) : XenErrno.ENOENT;
});

const withPort = (size: number, body: (call: XenCall, port: Port, number: number, view: DataView) => bigint): XenCallHandler =>
  withStruct(size, (call, view) => {
    const number = view.getUint32(0, true);
    const port = call.domain.events.ports.get(number);
    return port === undefined ? XenErrno.EINVAL : body(call, port, number, view);
  });

const send = withPort(4, (call, { binding }, number) => {
  const { events } = call.domain;
  if (binding.kind === 'ipi') events.notify(number, 'ipi', call.vcpu);
  else if (binding.kind === 'interdomain' && binding.domain === 0) events.services.get(binding.port)?.();
  else if (binding.kind === 'interdomain') events.notify(binding.port, 'guest', call.vcpu);
  else if (binding.kind !== 'unbound') return XenErrno.EINVAL;
  return 0n;
});

const status = withStruct(24, (call, view) => {
  const { guest, args, domain } = call;
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  const port = domain.events.ports.get(view.getUint32(4, true));
  const out = new Uint8Array(16);
  const fields = new DataView(out.buffer);
  const { kind } = port?.binding ?? { kind: 'free' as const };
  fields.setUint32(0, STATUS[kind], true);
  fields.setUint32(4, port?.vcpu ?? 0, true);
  if (port?.binding.kind === 'unbound') fields.setUint16(8, port.binding.domain, true);
  if (port?.binding.kind === 'interdomain') {
    fields.setUint16(8, port.binding.domain, true);
    fields.setUint32(12, port.binding.port, true);
  }
  if (port?.binding.kind === 'virq') fields.setUint32(8, port.binding.virq, true);
  return guest.write(args[1]! + 8n, out) ? 0n : XenErrno.EFAULT;
});

const bindVcpu = withPort(8, (call, port, _number, view) => {
  const vcpu = view.getUint32(4, true);
  if (!isVcpu(call, vcpu)) return XenErrno.ENOENT;
  const { binding } = port;
  if (binding.kind === 'ipi' || (binding.kind === 'virq' && isPerVcpu(binding.virq))) return XenErrno.EINVAL;
  port.vcpu = vcpu;
  return 0n;
});

const reset = withStruct(2, (call, view) => {
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.EPERM;
  call.domain.events.reset();
  return 0n;
});

const initControl = withStruct(24, (call, view) => {
  const { domain, guest, args } = call;
  const gfn = view.getBigUint64(0, true);
  const offset = view.getUint32(8, true);
  const vcpu = view.getUint32(12, true);
  if (!isVcpu(call, vcpu)) return XenErrno.ENOENT;
  if (offset > PAGE_SIZE - ControlBlock.size || offset & 7) return XenErrno.EINVAL;
  const ref = domain.physmap.isFrame(gfn) ? domain.physmap.ref(Number(gfn)) : undefined;
  if (ref === undefined || domain.events.fifo?.hasControl(vcpu)) return XenErrno.EINVAL;
  if (!guest.write(args[1]! + 16n, Uint8Array.of(FIFO_LINK_BITS))) return XenErrno.EFAULT;
  if (domain.events.fifo === undefined) domain.events.useFifo();
  domain.events.fifo!.addControl(vcpu, ref, offset);
  return 0n;
});

const expandArray = withStruct(8, ({ domain }, view) => {
  const { fifo } = domain.events;
  if (fifo === undefined) return XenErrno.EOPNOTSUPP;
  if (fifo.isFull) return XenErrno.ENOSPC;
  const gfn = view.getBigUint64(0, true);
  const ref = domain.physmap.isFrame(gfn) ? domain.physmap.ref(Number(gfn)) : undefined;
  if (ref === undefined) return XenErrno.EINVAL;
  fifo.addPage(ref);
  return 0n;
});

const setPriority = withPort(8, ({ domain }, port, _number, view) => {
  const priority = view.getUint32(4, true);
  if (domain.events.fifo === undefined) return XenErrno.ENOSYS;
  if (priority > LOWEST_PRIORITY) return XenErrno.EINVAL;
  port.priority = priority;
  return 0n;
});

export const EVTCHN_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  EVTCHNOP_bind_interdomain: bindInterdomain,
  EVTCHNOP_bind_virq: bindVirq,
  EVTCHNOP_close: withPort(4, ({ domain }, _port, number) => {
    domain.events.close(number);
    return 0n;
  }),
  EVTCHNOP_send: send,
  EVTCHNOP_status: status,
  EVTCHNOP_alloc_unbound: allocUnbound,
  EVTCHNOP_bind_ipi: bindIpi,
  EVTCHNOP_bind_vcpu: bindVcpu,
  EVTCHNOP_unmask: withPort(4, ({ domain }, port, number) => {
    domain.events.abi.unmask(number, port);
    return 0n;
  }),
  EVTCHNOP_reset: reset,
  EVTCHNOP_init_control: initControl,
  EVTCHNOP_expand_array: expandArray,
  EVTCHNOP_set_priority: setPriority,
};
