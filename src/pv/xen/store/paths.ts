// Paths of XenStore and who may do what with a node (docs/misc/xenstore.txt).
import { parentOf, type StoreNode, type StoreView } from './tree';

const ABSOLUTE_MAX = 3072;
const RELATIVE_MAX = 2048;
const VALID = /^[A-Za-z0-9\-/_@]+$/;

export const domainPath = (domain: number): string => `/local/domain/${domain}`;

/** The absolute path; undefined: it is none. Special watches ("@releaseDomain") are only for watching. */
export function absolutePath(path: string, domain: number, special = false): string | undefined {
  if (special && /^@[A-Za-z]+$/.test(path)) return path;
  if (path.length === 0 || path.length > (path.startsWith('/') ? ABSOLUTE_MAX : RELATIVE_MAX)) return undefined;
  if (!VALID.test(path) || path.includes('@') || path.includes('//')) return undefined;
  if (path === '/') return path;
  if (path.endsWith('/')) return undefined;
  return path.startsWith('/') ? path : `${domainPath(domain)}/${path}`;
}

export function mayAccess(node: StoreNode, domain: number, what: 'read' | 'write'): boolean {
  const [first = 'n0', ...others] = node.permissions;
  if (domain === 0 || Number(first.slice(1)) === domain) return true;
  const letter = (others.find((each) => Number(each.slice(1)) === domain) ?? first)[0]!;
  return letter === 'b' || letter === (what === 'read' ? 'r' : 'w');
}

/** The node itself, or the nearest one above it. */
export function nearest(view: StoreView, path: string): StoreNode {
  let at = path;
  for (;;) {
    const node = view.get(at);
    if (node !== undefined || at === '/') return node!;
    at = parentOf(at);
  }
}

export const isOwner = (node: StoreNode, domain: number): boolean => domain === 0 || Number(node.permissions[0]?.slice(1)) === domain;
export const isPermission = (text: string): boolean => /^[nrwb]\d{1,5}$/.test(text);
