// sched_op (xen/common/sched/core.c): giving time up, sleeping, the end of the domain, watchdogs.
import { XenErrno } from '../errno';
import { SHUTDOWN_REASONS } from '../host-port';
import type { XenCall, XenCallHandler } from './call';
import { asNs } from './vcpu';

const MAX_POLLED = 128;
const NS_PER_S = 1_000_000_000;

function sleep({ domain, vcpu }: XenCall, waitsIn: 'block' | 'poll'): void {
  domain.vcpus[vcpu]!.waitsIn = waitsIn;
  domain.host.sleep(vcpu);
}

const poll: XenCallHandler = (call) => {
  const { domain, guest, args, vcpu } = call;
  const view = guest.view(args[1]!, 24);
  if (view === undefined) return XenErrno.EFAULT;
  const count = view.getUint32(8, true);
  const timeout = view.getBigUint64(16, true);
  if (count > MAX_POLLED) return XenErrno.EINVAL;
  const list = guest.view(view.getBigUint64(0, true), count * 4);
  if (count > 0 && list === undefined) return XenErrno.EFAULT;
  const ports = Array.from({ length: count }, (_, i) => list!.getUint32(i * 4, true));
  if (ports.some((port) => domain.events.ports.get(port) === undefined)) return XenErrno.EINVAL;
  if (domain.upcalls.isPending(vcpu) || ports.some((port) => domain.events.abi.isPending(port))) return 0n;
  if (timeout !== 0n && asNs(timeout) <= domain.host.nowNs(vcpu)) return 0n;
  domain.vcpus[vcpu]!.polled = ports;
  if (timeout !== 0n) domain.timers[vcpu]!.pollUntil(asNs(timeout));
  sleep(call, 'poll');
  return 0n;
};

/** What the guest has written to its console leaves first, a piece with each call. */
const shutdown =
  (now: boolean): XenCallHandler =>
  ({ domain, guest, args }) => {
    const reason = guest.view(args[1]!, 4)?.getUint32(0, true);
    if (reason === undefined) return XenErrno.EFAULT;
    const name = SHUTDOWN_REASONS[reason];
    if (name === undefined) return XenErrno.EINVAL;
    if (!now) domain.shutdownCode = reason;
    else if (domain.console.drain() && domain.console.hasOutput) return { again: args };
    else domain.shutdown(name);
    return 0n;
  };

/** 0 asks for a new one; a time of 0 ends it. */
const watchdog: XenCallHandler = ({ domain, guest, args, vcpu }) => {
  const view = guest.view(args[1]!, 8);
  if (view === undefined) return XenErrno.EFAULT;
  const id = view.getUint32(0, true);
  const seconds = view.getUint32(4, true);
  const at = domain.host.nowNs(vcpu) + seconds * NS_PER_S;
  if (id > domain.watchdogs.length) return XenErrno.EINVAL;
  if (id === 0) {
    if (seconds === 0) return XenErrno.EINVAL;
    const free = domain.watchdogs.findIndex(({ deadlineNs }) => deadlineNs === undefined);
    if (free < 0) return XenErrno.ENOSPC;
    domain.watchdogs[free]!.arm(at);
    return BigInt(free + 1);
  }
  const timer = domain.watchdogs[id - 1]!;
  if (timer.deadlineNs === undefined) return XenErrno.EINVAL;
  if (seconds === 0) timer.cancel();
  else timer.arm(at);
  return 0n;
};

export const SCHED_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  SCHEDOP_yield: ({ domain, vcpu }) => {
    domain.host.yield(vcpu);
    return 0n;
  },
  SCHEDOP_block: (call) => {
    if (!call.domain.upcalls.isPending(call.vcpu)) sleep(call, 'block');
    return 0n;
  },
  SCHEDOP_shutdown: shutdown(true),
  SCHEDOP_poll: poll,
  SCHEDOP_shutdown_code: shutdown(false),
  SCHEDOP_watchdog: watchdog,
};
