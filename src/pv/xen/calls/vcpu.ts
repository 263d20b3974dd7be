// vcpu_op (xen/common/domain.c, common_vcpu_op; arch/x86/hvm): areas, timers, up and down.
import { XenErrno } from '../errno';
import { PAGE_SIZE, VcpuInfo } from '../layout';
import { runStateBytes, runStatesNow, writeRunState } from '../run-state';
import { SHORTEST_PERIOD_NS } from '../vcpu-timers';
import type { XenCall, XenCallHandler } from './call';

/** 2^63 ns is for ever; times here are safe integers. */
const LONGEST_NS = BigInt(Number.MAX_SAFE_INTEGER) - 1n;
export const asNs = (value: bigint): number => Number(value < LONGEST_NS ? value : LONGEST_NS);
const SSHOTTMR_FUTURE = 1;
/** Bits of a freshly registered vcpu_info: events are masked until the guest looks. */
const ALL_SELECTED = 0xffff_ffff_ffff_ffffn;

/** The second argument says which; undefined: there is none such. */
const target = ({ args, domain }: XenCall): number | undefined => (args[1]! < BigInt(domain.vcpus.length) ? Number(args[1]) : undefined);

const forVcpu =
  (body: (call: XenCall, vcpu: number) => bigint): XenCallHandler =>
  (call) => {
    const vcpu = target(call);
    return vcpu === undefined ? XenErrno.ENOENT : body(call, vcpu);
  };
/** Only of the vCPU that calls. */
const forCaller = (body: (call: XenCall, vcpu: number) => bigint): XenCallHandler =>
  forVcpu((call, vcpu) => (vcpu === call.vcpu ? body(call, vcpu) : XenErrno.EINVAL));

const registerInfo = forVcpu((call, vcpu) => {
  const { domain, guest, args } = call;
  const view = guest.view(args[2]!, 16);
  if (view === undefined) return XenErrno.EFAULT;
  const gfn = view.getBigUint64(0, true);
  const offset = view.getUint32(8, true);
  const data = domain.vcpus[vcpu]!;
  if (offset > PAGE_SIZE - VcpuInfo.size || data.info !== undefined) return XenErrno.EINVAL;
  const ref = domain.physmap.isFrame(gfn) ? domain.physmap.ref(Number(gfn)) : undefined;
  if (ref === undefined) return XenErrno.EINVAL;
  const before = domain.vcpuInfo(vcpu);
  const bytes = before === undefined ? new Uint8Array(VcpuInfo.size) : domain.memory.bytes(before.ref, before.offset, VcpuInfo.size);
  domain.memory.setBytes(ref, offset, bytes);
  data.info = ref;
  data.infoOffset = offset;
  domain.clock.update(vcpu);
  // Whatever became pending meanwhile is looked at by the guest (map_vcpu_info).
  domain.memory.setU64(ref, offset + VcpuInfo.pendingSel, ALL_SELECTED);
  domain.memory.setU8(ref, offset + VcpuInfo.upcallPending, 0);
  domain.upcalls.mark(vcpu);
  return 0n;
});

const registerRunState = forVcpu((call, vcpu) => {
  const { domain, guest, args } = call;
  const address = guest.u64(args[2]!);
  if (address === undefined) return XenErrno.EFAULT;
  const data = domain.vcpus[vcpu]!;
  data.runStateVa = address;
  writeRunState(domain.host, vcpu, data, runStatesNow(domain.host, vcpu), domain.runStateUpdateFlag, call.vcpu);
  return 0n;
});

const getRunState = forVcpu(({ domain, guest, args }, vcpu) =>
  guest.write(args[2]!, runStateBytes(runStatesNow(domain.host, vcpu))) ? 0n : XenErrno.EFAULT,
);

const registerTime = forVcpu(({ domain, guest, args }, vcpu) => {
  const address = guest.u64(args[2]!);
  if (address === undefined) return XenErrno.EFAULT;
  domain.vcpus[vcpu]!.timeVa = address;
  domain.clock.updateCopy(vcpu);
  return 0n;
});

const setSingleshot = forCaller(({ domain, guest, args }, vcpu) => {
  const view = guest.view(args[2]!, 16);
  if (view === undefined) return XenErrno.EFAULT;
  const timeout = view.getBigUint64(0, true);
  if (view.getUint32(8, true) & SSHOTTMR_FUTURE && timeout < BigInt(domain.host.nowNs(vcpu))) return XenErrno.ETIME;
  domain.timers[vcpu]!.setSingleshot(asNs(timeout));
  return 0n;
});

const setPeriodic = forVcpu(({ domain, guest, args }, vcpu) => {
  const period = guest.u64(args[2]!);
  if (period === undefined) return XenErrno.EFAULT;
  if (period < BigInt(SHORTEST_PERIOD_NS) || period > LONGEST_NS >> 8n) return XenErrno.EINVAL;
  domain.timers[vcpu]!.setPeriod(Number(period));
  return 0n;
});

export const VCPU_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  VCPUOP_up: forVcpu(({ domain }, vcpu) => {
    const data = domain.vcpus[vcpu]!;
    if (domain.host.isUp(vcpu)) return 0n;
    if (!data.isDown) return XenErrno.EINVAL;
    data.isDown = false;
    domain.host.up(vcpu);
    return 0n;
  }),
  VCPUOP_down: forVcpu(({ domain }, vcpu) => {
    domain.vcpus[vcpu]!.isDown = true;
    domain.host.down(vcpu);
    return 0n;
  }),
  VCPUOP_is_up: forVcpu(({ domain }, vcpu) => (domain.host.isUp(vcpu) ? 1n : 0n)),
  VCPUOP_get_runstate_info: getRunState,
  VCPUOP_register_runstate_memory_area: registerRunState,
  VCPUOP_set_periodic_timer: setPeriodic,
  VCPUOP_stop_periodic_timer: forVcpu(({ domain }, vcpu) => {
    domain.timers[vcpu]!.setPeriod(0);
    return 0n;
  }),
  VCPUOP_set_singleshot_timer: setSingleshot,
  VCPUOP_stop_singleshot_timer: forCaller(({ domain }, vcpu) => {
    domain.timers[vcpu]!.stopSingleshot();
    return 0n;
  }),
  VCPUOP_register_vcpu_info: registerInfo,
  VCPUOP_send_nmi: forVcpu(({ domain }, vcpu) => {
    domain.host.raiseNmi(vcpu);
    return 0n;
  }),
  VCPUOP_register_vcpu_time_memory_area: registerTime,
};
