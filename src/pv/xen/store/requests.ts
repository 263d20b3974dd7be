// What a guest may ask of XenStore: one entry per message type (public/io/xs_wire.h; docs/misc/xenstore.txt). A text that is thrown is the error's name.
import type { STORE_MESSAGES } from '../../../trace/rows';
import { absolutePath, domainPath, isOwner, isPermission, mayAccess, nearest } from './paths';
import type { XenStore } from './store';
import { type StoreNode, type StoreView, writeNode } from './tree';

export type StoreMessage = (typeof STORE_MESSAGES)[number];
export const PAYLOAD_MAX = 4096;
const VALUE_MAX = 2048;
const MAX_NODES = 2000;

/** An error's name, as the protocol sends it. */
export class StoreRefusal {
  constructor(readonly name: string) {}
}
const refuse = (name: string): never => {
  throw new StoreRefusal(name);
};

export interface StoreRequest {
  readonly store: XenStore;
  readonly transaction: number;
  readonly payload: Uint8Array;
  /** After the reply has left: watches that are told at once. */
  later(body: () => void): void;
}

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const strings = (list: readonly string[]): Uint8Array => bytes(list.map((each) => `${each}\0`).join(''));
const OK = bytes('OK\0');
/** Paths and tokens are bytes to the protocol. */
const ascii = (payload: Uint8Array): string => Array.from(payload, (byte) => String.fromCharCode(byte)).join('');

/** All NUL-terminated texts of the payload; what follows the last one. */
function texts(payload: Uint8Array): { list: string[]; rest: Uint8Array } {
  const parts = ascii(payload).split('\0');
  const rest = parts.pop() ?? '';
  return { list: parts, rest: payload.subarray(payload.length - rest.length) };
}
function only({ payload }: StoreRequest): string {
  const { list, rest } = texts(payload);
  return list.length === 1 && rest.length === 0 ? list[0]! : refuse('EINVAL');
}

const pathOf = (request: StoreRequest, path: string): string => absolutePath(path, request.store.domain) ?? refuse('EINVAL');

const viewOf = ({ store, transaction }: StoreRequest): StoreView => {
  const view = store.view(transaction) ?? refuse('ENOENT');
  if (store.transaction(transaction)?.isFull) refuse('ENOSPC');
  return view;
};

function readable(request: StoreRequest, path: string): StoreNode {
  const view = viewOf(request);
  const node = view.get(path);
  if (!mayAccess(node ?? nearest(view, path), request.store.domain, 'read')) return refuse('EACCES');
  return node ?? refuse('ENOENT');
}
/** The nearest node that there is may be written. */
function requireWritable(request: StoreRequest, path: string): void {
  if (!mayAccess(nearest(viewOf(request), path), request.store.domain, 'write')) refuse('EACCES');
}
function noteChange({ store, transaction }: StoreRequest, path: string, later: (body: () => void) => void): void {
  if (transaction === 0) later(() => store.changed(path));
  else store.transaction(transaction)?.changed.add(path);
}

const directory = (request: StoreRequest): Uint8Array => {
  const { children } = readable(request, pathOf(request, only(request)));
  return lengthOf(children) > PAYLOAD_MAX ? refuse('E2BIG') : strings(children);
};

/** Bytes of the names, each with its NUL: they are of ASCII characters. */
const lengthOf = (names: readonly string[]): number => names.reduce((sum, name) => sum + name.length + 1, 0);

/** `length` bytes of the names from `offset` on; names outside of them are only counted. */
function stringsPart(names: readonly string[], offset: number, length: number): Uint8Array {
  const shown: string[] = [];
  let at = 0;
  let firstAt = 0;
  for (const name of names) {
    const end = at + name.length + 1;
    if (end > offset && at < offset + length) {
      if (shown.length === 0) firstAt = at;
      shown.push(name);
    }
    at = end;
  }
  return strings(shown)
    .subarray(Math.max(0, offset - firstAt))
    .subarray(0, length);
}

const directoryPart = (request: StoreRequest): Uint8Array => {
  const { list } = texts(request.payload);
  const node = readable(request, pathOf(request, list[0] ?? refuse('EINVAL')));
  const offset = Number(list[1] ?? refuse('EINVAL'));
  const all = lengthOf(node.children);
  if (!Number.isInteger(offset) || offset < 0 || offset > all) return refuse('EINVAL');
  const head = bytes(`${node.generation}\0`);
  const room = PAYLOAD_MAX - head.length - 1;
  const some = stringsPart(node.children, offset, room);
  const part = all - offset <= room ? Uint8Array.of(...some, 0) : some;
  return Uint8Array.of(...head, ...part);
};

const write = (request: StoreRequest): Uint8Array => {
  const end = request.payload.indexOf(0);
  if (end < 0) return refuse('EINVAL');
  const path = pathOf(request, ascii(request.payload.subarray(0, end)));
  const value = request.payload.slice(end + 1);
  if (value.length > VALUE_MAX) return refuse('ENOSPC');
  return put(request, path, value);
};
const mkdir = (request: StoreRequest): Uint8Array => put(request, pathOf(request, only(request)), undefined);

function put(request: StoreRequest, path: string, value: Uint8Array | undefined): Uint8Array {
  const { store } = request;
  const view = viewOf(request);
  requireWritable(request, path);
  const isNew = view.get(path) === undefined;
  const size = store.tree.size + (store.transaction(request.transaction)?.size ?? 0);
  if (isNew && size >= MAX_NODES) return refuse('ENOSPC');
  if (!isNew && value === undefined) return OK;
  writeNode(view, path, value, store.domain);
  noteChange(request, path, request.later);
  return OK;
}

const rm = (request: StoreRequest): Uint8Array => {
  const path = pathOf(request, only(request));
  const view = viewOf(request);
  const { store, transaction } = request;
  if (path === '/') return refuse('EINVAL');
  if (view.get(path) === undefined) {
    const above = path.slice(0, Math.max(path.lastIndexOf('/'), 1));
    return view.get(above) === undefined ? refuse('ENOENT') : OK;
  }
  requireWritable(request, path);
  const gone = store.removeNode(view, path);
  if (transaction === 0) request.later(() => store.removed(gone));
  else store.transaction(transaction)?.changed.add(path);
  return OK;
};

const setPerms = (request: StoreRequest): Uint8Array => {
  const { list, rest } = texts(request.payload);
  const [path = '', ...permissions] = list;
  if (rest.length > 0 || permissions.length === 0 || !permissions.every(isPermission)) return refuse('EINVAL');
  const absolute = pathOf(request, path);
  const view = viewOf(request);
  const node = readable(request, absolute);
  const { domain } = request.store;
  if (!isOwner(node, domain)) return refuse('EACCES');
  if (Number(permissions[0]!.slice(1)) !== domain) return refuse('EPERM');
  view.set(absolute, { ...node, permissions, generation: view.nextGeneration() });
  noteChange(request, absolute, request.later);
  return OK;
};

const watch = (request: StoreRequest): Uint8Array => {
  const { list } = texts(request.payload);
  const [path, token] = list;
  if (path === undefined || token === undefined) return refuse('EINVAL');
  const { store } = request;
  const absolute = absolutePath(path, store.domain, true) ?? refuse('EINVAL');
  const added = { path, absolute, token };
  const done = store.addWatch(added);
  if (done === undefined) return refuse('E2BIG');
  if (!done) return refuse('EEXIST');
  request.later(() => store.fire(added, absolute));
  return OK;
};

const unwatch = ({ payload, store }: StoreRequest): Uint8Array => {
  const { list } = texts(payload);
  const [path, token] = list;
  if (path === undefined || token === undefined) return refuse('EINVAL');
  return store.removeWatch(path, token) ? OK : refuse('ENOENT');
};

const transactionEnd = (request: StoreRequest): Uint8Array => {
  const { store } = request;
  const answer = only(request);
  const transaction = store.transaction(request.transaction) ?? refuse('ENOENT');
  if (answer !== 'T' && answer !== 'F') return refuse('EINVAL');
  let done = true;
  if (answer === 'F') store.end(transaction, false);
  else done = store.end(transaction, true);
  return done ? OK : refuse('EAGAIN');
};

/** By the name of the message. What is not here only the control domain may ask for, or nobody. */
export const STORE_REQUESTS: Readonly<Partial<Record<StoreMessage, (request: StoreRequest) => Uint8Array>>> = {
  directory,
  'directory-part': directoryPart,
  read: (request) => readable(request, pathOf(request, only(request))).value,
  'get-perms': (request) => strings(readable(request, pathOf(request, only(request))).permissions),
  write,
  mkdir,
  rm,
  'set-perms': setPerms,
  watch,
  unwatch,
  'reset-watches': ({ store }) => {
    store.disconnect();
    return OK;
  },
  'transaction-start': ({ store, transaction }) => {
    if (transaction !== 0) return refuse('EBUSY');
    return bytes(`${store.begin() ?? refuse('ENOSPC')}\0`);
  },
  'transaction-end': transactionEnd,
  'get-domain-path': (request) => {
    const domain = Number(only(request));
    return Number.isInteger(domain) && domain >= 0 ? bytes(`${domainPath(domain)}\0`) : refuse('EINVAL');
  },
  'is-domain-introduced': (request) => bytes(Number(only(request)) === request.store.domain ? 'T\0' : 'F\0'),
};
/** Asked for by a guest: refused, not unknown. */
export const CONTROL_REQUESTS: readonly StoreMessage[] = ['control', 'introduce', 'release', 'resume', 'set-target'];
