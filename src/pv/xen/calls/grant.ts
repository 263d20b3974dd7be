// grant_table_op (xen/common/grant_table.c). Lists are done in pieces: the list's address moves on and its count goes down.
import { GRANT_OPERATIONS, TraceKind } from '../../../trace/rows';
import { XenErrno } from '../errno';
import { GrantStatus } from '../grants/grant-table';
import { PAGE_SIZE, XenPages } from '../layout';
import type { PageRef } from '../physmap';
import { isDomidSelf, isSelf, PIECE, type XenCall, type XenCallHandler } from './call';

const MapFlag = { device: 1, host: 2, readonly: 4, application: 8, containsPte: 16 } as const;
const CopyFlag = { sourceRef: 1, destRef: 2 } as const;

/** `body` for each structure of the list; false: its status could not be written. */
const forEach =
  (size: number, body: (call: XenCall, at: bigint, view: DataView) => boolean): XenCallHandler =>
  (call) => {
    const { guest, args } = call;
    const list = args[1]!;
    const count = BigInt.asUintN(32, args[2]!);
    for (let done = 0n; done < count; done++) {
      const at = list + done * BigInt(size);
      if (done >= BigInt(PIECE)) return { again: [args[0]!, at, count - done, ...args.slice(3)] };
      const view = guest.view(at, size);
      if (view === undefined || !body(call, at, view)) return XenErrno.EFAULT;
    }
    return 0n;
  };
/** The one structure that the command takes. */
const single =
  (size: number, body: (call: XenCall, at: bigint, view: DataView) => bigint): XenCallHandler =>
  (call) => {
    const { guest, args } = call;
    if (args[2] !== 1n) return XenErrno.EINVAL;
    const view = guest.view(args[1]!, size);
    return view === undefined ? XenErrno.EFAULT : body(call, args[1]!, view);
  };

function trace({ domain, vcpu }: XenCall, operation: (typeof GRANT_OPERATIONS)[number], ref: number, gpa: number, status: number): void {
  domain.host.trace(TraceKind.grant, vcpu, GRANT_OPERATIONS.indexOf(operation), ref, gpa, status);
}

function mapOne(call: XenCall, view: DataView): { status: number; handle: number } {
  const { domain } = call;
  const { grants, physmap, host } = domain;
  const gpa = view.getBigUint64(0, true);
  const flags = view.getUint32(8, true);
  const ref = view.getUint32(12, true);
  const failed = (status: number) => ({ status, handle: 0 });
  if (view.getUint16(16, true) !== host.domainId) return failed(GrantStatus.badDomain);
  if (!(flags & MapFlag.host) || flags & (MapFlag.device | MapFlag.containsPte)) return failed(GrantStatus.badDevAddr);
  const gfn = gpa / BigInt(PAGE_SIZE);
  if (!physmap.isFrame(gfn) || host.frames.at(Number(gfn)) === 'device') return failed(GrantStatus.badVirtAddr);
  const readonly = (flags & MapFlag.readonly) !== 0;
  const grant = grants.look(ref, !readonly, false);
  if (typeof grant === 'number') return failed(grant);
  const page = physmap.isFrame(BigInt(grant.gfn)) ? physmap.ref(grant.gfn) : undefined;
  if (page === undefined || physmap.isXenPage(page.page)) return failed(GrantStatus.badPage);
  const handle = grants.addMapping({ ref, gfn: Number(gfn), readonly });
  if (handle === undefined) return failed(GrantStatus.noSpace);
  physmap.alias(Number(gfn), page.page, readonly);
  return { status: GrantStatus.okay, handle };
}

const map = forEach(32, (call, at, view) => {
  const { status, handle } = mapOne(call, view);
  trace(call, 'map', view.getUint32(12, true), Number(BigInt.asUintN(52, view.getBigUint64(0, true))), status);
  const out = new Uint8Array(14);
  const fields = new DataView(out.buffer);
  fields.setInt16(0, status, true);
  fields.setUint32(2, handle, true);
  return call.guest.write(at + 18n, out);
});

const unmap = forEach(24, (call, at, view) => {
  const { domain, guest } = call;
  const handle = view.getUint32(16, true);
  const mapping = domain.grants.mapping(handle);
  const gpa = view.getBigUint64(0, true);
  let status: number = GrantStatus.okay;
  if (mapping === undefined) status = GrantStatus.badHandle;
  else if (gpa !== 0n && gpa / BigInt(PAGE_SIZE) !== BigInt(mapping.gfn)) status = GrantStatus.badVirtAddr;
  else {
    domain.physmap.unalias(mapping.gfn);
    domain.grants.removeMapping(handle);
  }
  trace(call, 'unmap', mapping?.ref ?? 0, (mapping?.gfn ?? 0) * PAGE_SIZE, status);
  return guest.writeU16(at + 20n, status);
});

/** Frames of a list, as the guest has them; all ones: it has mapped none. */
function frameList(call: XenCall, list: bigint, count: number, firstPage: number): boolean {
  for (let i = 0; i < count; i++) {
    const { gfn } = call.domain.physmap.xenRef(firstPage + i);
    if (!call.guest.writeU64(list + BigInt(i * 8), gfn < 0 ? -1n : BigInt(gfn))) return false;
  }
  return true;
}

const setupTable = single(24, (call, at, view) => {
  const { grants } = call.domain;
  const count = view.getUint32(4, true);
  let status: number = GrantStatus.okay;
  if (!isSelf(call, view.getUint16(0, true))) status = GrantStatus.badDomain;
  else if (!grants.grow(count)) status = GrantStatus.generalError;
  else if (!frameList(call, view.getBigUint64(16, true), count, XenPages.grants)) status = GrantStatus.badVirtAddr;
  return call.guest.writeU16(at + 8n, status) ? 0n : XenErrno.EFAULT;
});

const getStatusFrames = single(16, (call, at, view) => {
  const { grants } = call.domain;
  const count = view.getUint32(0, true);
  let status: number = GrantStatus.okay;
  if (!isSelf(call, view.getUint16(4, true))) status = GrantStatus.badDomain;
  else if (grants.version !== 2 || count > grants.statusFrames) status = GrantStatus.generalError;
  else if (!frameList(call, view.getBigUint64(8, true), count, XenPages.status)) status = GrantStatus.badVirtAddr;
  return call.guest.writeU16(at + 6n, status) ? 0n : XenErrno.EFAULT;
});

const querySize = single(16, (call, at, view) => {
  const { grants } = call.domain;
  const known = isSelf(call, view.getUint16(0, true));
  const out = new Uint8Array(10);
  const fields = new DataView(out.buffer);
  fields.setUint32(0, known ? grants.frames : 0, true);
  fields.setUint32(4, known ? grants.maxFrames : 0, true);
  fields.setInt16(8, known ? GrantStatus.okay : GrantStatus.badDomain, true);
  return call.guest.write(at + 4n, out) ? 0n : XenErrno.EFAULT;
});

const setVersion = single(4, ({ domain, guest }, at, view) => {
  const version = view.getUint32(0, true);
  if (version !== 1 && version !== 2) return XenErrno.EINVAL;
  if (version !== domain.grants.version && domain.grants.inUse) return XenErrno.EBUSY;
  domain.grants.setVersion(version);
  return guest.writeU32(at, version) ? 0n : XenErrno.EFAULT;
});

const getVersion = single(8, (call, at, view) => {
  if (!isSelf(call, view.getUint16(0, true))) return XenErrno.ESRCH;
  return call.guest.writeU32(at + 4n, call.domain.grants.version) ? 0n : XenErrno.EFAULT;
});

const swap = forEach(12, ({ domain, guest }, at, view) =>
  guest.writeU16(at + 8n, domain.grants.swap(view.getUint32(0, true), view.getUint32(4, true))),
);

interface CopyEnd {
  readonly byRef: boolean;
  readonly frame: bigint;
  readonly domain: number;
  readonly offset: number;
}

/** Where one end of a copy is; a status where it may not be. */
function copyPage(call: XenCall, end: CopyEnd, length: number, write: boolean): PageRef | number {
  const { grants, physmap } = call.domain;
  let { frame } = end;
  if (end.byRef) {
    if (!isSelf(call, end.domain)) return GrantStatus.badDomain;
    const grant = grants.look(Number(BigInt.asUintN(32, end.frame)), write, true);
    if (typeof grant === 'number') return grant;
    if (end.offset < grant.offset || end.offset + length > grant.offset + grant.length) return GrantStatus.generalError;
    frame = BigInt(grant.gfn);
  } else if (!isDomidSelf(end.domain)) return GrantStatus.permissionDenied;
  const ref = physmap.isFrame(frame) ? physmap.ref(Number(frame)) : undefined;
  return ref === undefined || physmap.isXenPage(ref.page) ? GrantStatus.badPage : ref;
}

function copyOne(call: XenCall, view: DataView): number {
  const length = view.getUint16(32, true);
  const flags = view.getUint16(34, true);
  const end = (at: number, flag: number): CopyEnd => ({
    byRef: (flags & flag) !== 0,
    frame: view.getBigUint64(at, true),
    domain: view.getUint16(at + 8, true),
    offset: view.getUint16(at + 10, true),
  });
  const source = end(0, CopyFlag.sourceRef);
  const dest = end(16, CopyFlag.destRef);
  if (source.offset + length > PAGE_SIZE || dest.offset + length > PAGE_SIZE) return GrantStatus.badCopyArg;
  const from = copyPage(call, source, length, false);
  if (typeof from === 'number') return from;
  const to = copyPage(call, dest, length, true);
  if (typeof to === 'number') return to;
  const { physmap } = call.domain;
  physmap.write(to, dest.offset, physmap.read(from, source.offset, length));
  for (const [each, at, operation] of [
    [source, from, 'copy-from'],
    [dest, to, 'copy-to'],
  ] as const)
    if (each.byRef) trace(call, operation, Number(BigInt.asUintN(32, each.frame)), at.gfn * PAGE_SIZE, GrantStatus.okay);
  return GrantStatus.okay;
}

export const GRANT_HANDLERS: Readonly<Record<string, XenCallHandler>> = {
  GNTTABOP_map_grant_ref: map,
  GNTTABOP_unmap_grant_ref: unmap,
  GNTTABOP_setup_table: setupTable,
  GNTTABOP_copy: forEach(40, (call, at, view) => call.guest.writeU16(at + 36n, copyOne(call, view))),
  GNTTABOP_query_size: querySize,
  GNTTABOP_set_version: setVersion,
  GNTTABOP_get_status_frames: getStatusFrames,
  GNTTABOP_get_version: getVersion,
  GNTTABOP_swap_grant_ref: swap,
};
