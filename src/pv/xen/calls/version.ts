// xen_version (xen/common/kernel.c): what Xen says it is.

import { uuidOf } from '../domain';
import { XenErrno } from '../errno';
import { XEN_FEATURES } from '../features.rows';
import type { XenCall, XenCallHandler } from './call';

export const XEN_MAJOR = 4;
export const XEN_MINOR = 17;
const EXTRA = '.0';
const PAGE = 4096n;
const COMPILE_INFO = [
  { text: 'none', size: 64 },
  { text: 'Hyperscope', size: 16 },
  { text: 'localdomain', size: 32 },
  { text: '', size: 32 },
];

/** A text in a field of fixed size, the rest zeroes. */
function field(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text).subarray(0, size - 1));
  return bytes;
}
const give = ({ guest, args }: XenCall, bytes: Uint8Array): bigint => (guest.write(args[1]!, bytes) ? 0n : XenErrno.EFAULT);

function getFeatures(call: XenCall): bigint {
  const { guest, args } = call;
  const view = guest.view(args[1]!, 8);
  if (view === undefined) return XenErrno.EFAULT;
  if (view.getUint32(0, true) !== 0) return XenErrno.EINVAL;
  let submap = 0;
  for (const row of XEN_FEATURES) if (row.state === 'works' && row.guests.includes('hvm')) submap |= 1 << row.bit;
  return guest.writeU32(args[1]! + 4n, submap >>> 0) ? 0n : XenErrno.EFAULT;
}

export const VERSION_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  XENVER_version: () => BigInt((XEN_MAJOR << 16) | XEN_MINOR),
  XENVER_extraversion: (call) => give(call, field(EXTRA, 16)),
  XENVER_compile_info: (call) => {
    const bytes = COMPILE_INFO.flatMap(({ text, size }) => [...field(text, size)]);
    return give(call, Uint8Array.from(bytes));
  },
  XENVER_capabilities: (call) => give(call, field('hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ', 1024)),
  XENVER_changeset: (call) => give(call, field('unavailable', 64)),
  XENVER_platform_parameters: ({ guest, args }) => (guest.writeU64(args[1]!, 0n) ? 0n : XenErrno.EFAULT),
  XENVER_get_features: getFeatures,
  XENVER_pagesize: ({ args }) => (args[1] === 0n ? PAGE : XenErrno.EINVAL),
  XENVER_guest_handle: (call) => {
    const digits = uuidOf(call.domain.host.domainId).replaceAll('-', '');
    return give(
      call,
      Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16)),
    );
  },
  XENVER_commandline: (call) => give(call, new TextEncoder().encode('<denied>\0')),
};
