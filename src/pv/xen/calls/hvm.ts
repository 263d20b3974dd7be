// hvm_op (xen/arch/x86/hvm/hvm.c): parameters, and how events come.
import { HvmParam } from '../domain';
import { XenErrno } from '../errno';
import { isSelf, type XenCallHandler } from './call';

/** First vector of an upcall. */
const LOWEST_VECTOR = 0x10;
/** Parameters that a guest may read: VM86_TSS, IDENT_PT, X87_FIP_WIDTH and VM86_TSS_SIZED beside those with a name here. */
const READABLE: readonly number[] = [
  HvmParam.callbackIrq,
  HvmParam.storePfn,
  HvmParam.storeEvtchn,
  HvmParam.consolePfn,
  HvmParam.consoleEvtchn,
  12,
  15,
  36,
  37,
];
/** Parameters that a guest may set. */
const SETTABLE: readonly number[] = [HvmParam.callbackIrq, HvmParam.storeEvtchn, HvmParam.consoleEvtchn, 15, 36, 37];
const MemoryType = { ram: 0, readOnly: 1, device: 2 } as const;

const param =
  (writes: boolean): XenCallHandler =>
  (call) => {
    const { guest, args, domain } = call;
    const view = guest.view(args[1]!, 16);
    if (view === undefined) return XenErrno.EFAULT;
    const index = view.getUint32(4, true);
    if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
    if (index >= HvmParam.count) return XenErrno.EINVAL;
    if (!(writes ? SETTABLE : READABLE).includes(index)) return XenErrno.EPERM;
    if (!writes) return guest.writeU64(args[1]! + 8n, domain.params[index]!) ? 0n : XenErrno.EFAULT;
    const before = domain.params[index]!;
    domain.params[index] = view.getBigUint64(8, true);
    if (index === HvmParam.callbackIrq) domain.upcalls.callbackChanged(before);
    return 0n;
  };

const setUpcallVector: XenCallHandler = ({ guest, args, domain }) => {
  const view = guest.view(args[1]!, 8);
  if (view === undefined) return XenErrno.EFAULT;
  const vcpu = view.getUint32(0, true);
  const vector = view.getUint8(4);
  const data = domain.vcpus[vcpu];
  if (vector < LOWEST_VECTOR) return XenErrno.EINVAL;
  if (data === undefined) return XenErrno.ENOENT;
  data.upcallVector = vector;
  domain.host.setCallbackLine(vcpu, false);
  domain.upcalls.again(vcpu);
  return 0n;
};

const getMemoryType: XenCallHandler = (call) => {
  const { guest, args, domain } = call;
  const view = guest.view(args[1]!, 16);
  if (view === undefined) return XenErrno.EFAULT;
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  const pfn = view.getBigUint64(8, true);
  const at = domain.physmap.isFrame(pfn) ? domain.host.frames.at(Number(pfn)) : 'hole';
  return guest.writeU16(args[1]! + 2n, typeof at === 'number' ? MemoryType.ram : MemoryType.device) ? 0n : XenErrno.EFAULT;
};

export const HVM_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  HVMOP_set_param: param(true),
  HVMOP_get_param: param(false),
  HVMOP_flush_tlbs: ({ domain, args }) => {
    if (args[1] !== 0n) return XenErrno.EINVAL;
    for (let vcpu = 0; vcpu < domain.vcpus.length; vcpu++) domain.host.flushTlb(vcpu);
    return 0n;
  },
  HVMOP_get_time: ({ domain, guest, args, vcpu }) => (guest.writeU64(args[1]!, BigInt(domain.host.nowNs(vcpu))) ? 0n : XenErrno.EFAULT),
  HVMOP_get_mem_type: getMemoryType,
  HVMOP_set_evtchn_upcall_vector: setUpcallVector,
};
