// memory_op (xen/common/memory.c, arch/x86/mm.c). Lists are done in pieces: what is done already is counted in the bits of cmd above the command.
import { XenErrno } from '../errno';
import { XenPages } from '../layout';
import { isSelf, PIECE, type XenCall, type XenCallHandler, type XenResult } from './call';

const EXTENT_SHIFT = 6n;
export const MEMORY_COMMAND_MASK = (1n << EXTENT_SHIFT) - 1n;
/** Xen's limit for guests without devices (CONFIG_DOMU_MAX_ORDER). */
const MAX_ORDER = 9;
/** Frames that one call changes before it goes on as another. */
const FRAMES_PER_PIECE = 32;
const E820_SIZE = 20;
const E820 = { ram: 1, reserved: 2 } as const;
const Space = { sharedInfo: 0, grantTable: 1, gmfn: 2, gmfnRange: 3 } as const;
const GRANT_STATUS = 0x8000_0000n;

const started = ({ args }: XenCall): bigint => args[0]! >> EXTENT_SHIFT;
const again = ({ args, command }: XenCall, done: bigint): XenResult => ({
  again: [(done << EXTENT_SHIFT) | BigInt(command), ...args.slice(1)],
});

/** XENMEM_decrease_reservation and XENMEM_populate_physmap: how many extents were done. */
const reservation =
  (change: (call: XenCall, gfn: number) => boolean): XenCallHandler =>
  (call) => {
    const { guest, args } = call;
    const view = guest.view(args[1]!, 32);
    let done = started(call);
    if (view === undefined) return XenErrno.EFAULT;
    const list = view.getBigUint64(0, true);
    const count = view.getBigUint64(8, true);
    const order = view.getUint32(16, true);
    if (!isSelf(call, view.getUint16(24, true)) || order > MAX_ORDER || done > count) return done;
    const frames = 1 << order;
    for (let changed = 0; done < count; done++) {
      if (changed >= FRAMES_PER_PIECE) return again(call, done);
      const gfn = guest.u64(list + done * 8n);
      if (gfn === undefined || !call.domain.physmap.isFrame(gfn + BigInt(frames) - 1n)) return done;
      for (let i = 0; i < frames; i++, changed++) if (!change(call, Number(gfn) + i)) return done;
    }
    return done;
  };

function putXenPage({ domain }: XenCall, space: number, idx: bigint, gpfn: bigint): bigint {
  const { physmap, grants, host } = domain;
  if (!physmap.isFrame(gpfn)) return XenErrno.EINVAL;
  const gfn = Number(gpfn);
  if (host.frames.at(gfn) === 'device') return XenErrno.EBUSY;
  if (space === Space.sharedInfo) {
    if (idx !== 0n) return XenErrno.EINVAL;
    physmap.place(XenPages.sharedInfo, gfn);
    return 0n;
  }
  if (space === Space.gmfn || space === Space.gmfnRange) {
    return physmap.isFrame(idx) && physmap.move(Number(idx), gfn) ? 0n : XenErrno.EINVAL;
  }
  if (space !== Space.grantTable) return XenErrno.ENOSYS;
  const status = grants.version === 2 && (idx & GRANT_STATUS) !== 0n;
  const index = status ? idx & ~GRANT_STATUS : idx;
  if (status) {
    if (index >= BigInt(grants.statusFrames)) return XenErrno.EINVAL;
    physmap.place(XenPages.status + Number(index), gfn);
    return 0n;
  }
  if (index >= BigInt(grants.maxFrames) || !grants.grow(Number(index) + 1)) return XenErrno.EINVAL;
  physmap.place(XenPages.grants + Number(index), gfn);
  return 0n;
}

const addToPhysmap: XenCallHandler = (call) => {
  const { guest, args } = call;
  const view = guest.view(args[1]!, 24);
  if (view === undefined) return XenErrno.EFAULT;
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  const space = view.getUint32(4, true);
  const idx = view.getBigUint64(8, true);
  const gpfn = view.getBigUint64(16, true);
  if (space !== Space.gmfnRange) return putXenPage(call, space, idx, gpfn);
  const size = BigInt(view.getUint16(2, true));
  let done = started(call);
  for (let piece = 0; done < size; done++, piece++) {
    if (piece >= PIECE) return again(call, done);
    const result = putXenPage(call, space, idx + done, gpfn + done);
    if (result < 0n) return result;
  }
  return 0n;
};

const addToPhysmapBatch: XenCallHandler = (call) => {
  const { guest, args } = call;
  const view = guest.view(args[1]!, 32);
  if (view === undefined) return XenErrno.EFAULT;
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  const space = view.getUint16(2, true);
  const size = BigInt(view.getUint16(4, true));
  const [idxs, gpfns, errs] = [8, 16, 24].map((at) => view.getBigUint64(at, true)) as [bigint, bigint, bigint];
  let done = started(call);
  for (let piece = 0; done < size; done++, piece++) {
    if (piece >= PIECE) return again(call, done);
    const idx = guest.u64(idxs + done * 8n);
    const gpfn = guest.u64(gpfns + done * 8n);
    if (idx === undefined || gpfn === undefined) return XenErrno.EFAULT;
    const result = putXenPage(call, space, idx, gpfn);
    if (!guest.writeU32(errs + done * 4n, Number(BigInt.asUintN(32, result)))) return XenErrno.EFAULT;
  }
  return 0n;
};

const removeFromPhysmap: XenCallHandler = (call) => {
  const view = call.guest.view(call.args[1]!, 16);
  if (view === undefined) return XenErrno.EFAULT;
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  const gpfn = view.getBigUint64(8, true);
  return call.domain.physmap.isFrame(gpfn) && call.domain.physmap.remove(Number(gpfn)) ? 0n : XenErrno.ENOENT;
};

const memoryMap: XenCallHandler = ({ guest, args, domain }) => {
  const view = guest.view(args[1]!, 16);
  if (view === undefined) return XenErrno.EFAULT;
  const map = domain.host.memoryMap.slice(0, view.getUint32(0, true));
  const bytes = new Uint8Array(map.length * E820_SIZE);
  const out = new DataView(bytes.buffer);
  for (const [i, { startGpa, endGpa, kind }] of map.entries()) {
    out.setBigUint64(i * E820_SIZE, BigInt(startGpa), true);
    out.setBigUint64(i * E820_SIZE + 8, BigInt(endGpa - startGpa), true);
    out.setUint32(i * E820_SIZE + 16, E820[kind], true);
  }
  return guest.write(view.getBigUint64(8, true), bytes) && guest.writeU32(args[1]!, map.length) ? 0n : XenErrno.EFAULT;
};

/** Of a domain that is named by a number in memory. */
const ofDomain =
  (answer: (call: XenCall) => number): XenCallHandler =>
  (call) => {
    const view = call.guest.view(call.args[1]!, 2);
    if (view === undefined) return XenErrno.EFAULT;
    return isSelf(call, view.getUint16(0, true)) ? BigInt(answer(call)) : XenErrno.ESRCH;
  };

export const MEMORY_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  XENMEM_decrease_reservation: reservation(({ domain }, gfn) => domain.physmap.remove(gfn)),
  XENMEM_populate_physmap: reservation(({ domain }, gfn) => domain.physmap.populate(gfn)),
  XENMEM_current_reservation: ofDomain(({ domain }) => domain.physmap.owned),
  XENMEM_maximum_reservation: ofDomain(({ domain }) => domain.physmap.maximum),
  XENMEM_maximum_gpfn: ofDomain(({ domain }) => domain.physmap.highestGfn),
  XENMEM_add_to_physmap: addToPhysmap,
  XENMEM_add_to_physmap_batch: addToPhysmapBatch,
  XENMEM_remove_from_physmap: removeFromPhysmap,
  XENMEM_memory_map: memoryMap,
};
